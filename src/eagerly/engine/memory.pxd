# Tasks that ended in their first step are kept, whole, for the next ones.  Such a task lives
# for less time than it takes to allocate, clear, finalise and free it: 550 of 3,800
# instructions an eager child (CPython 3.12).
#
# Not @cython.freelist: its blocks keep the collector's mark that the finalizer has run, so
# the second task in one would never report that it was destroyed pending.  A kept task is
# an ordinary living object, with one reference; it is merely given away again.
#
# Other tasks are freed: in one go, if they are no more than their fields.

from cpython.object cimport PyObject

from eagerly.engine cimport base  # whose C is used below


cdef extern from *:
    """
    #define EAGERLY_KEPT 64

    static PyObject *eagerly_kept[EAGERLY_KEPT];
    static int eagerly_kept_count = 0;
    static PyTypeObject *eagerly_task_type;
    static destructor eagerly_dealloc_for_good;
    static int (*eagerly_reset)(PyObject *task);

    #define EAGERLY_NESTING 20

    static int eagerly_nesting = 0;
    static PyObject **eagerly_later = NULL;
    static size_t eagerly_later_count = 0, eagerly_later_size = 0;

    static int eagerly_put_off(PyObject *task) {
        if (eagerly_later_count == eagerly_later_size) {
            size_t size = eagerly_later_size ? 2 * eagerly_later_size : 256;
            PyObject **larger = PyMem_Realloc(eagerly_later, size * sizeof(PyObject *));
            if (larger == NULL)
                return 0;
            eagerly_later = larger;
            eagerly_later_size = size;
        }
        PyObject_GC_UnTrack(task); /* the collector must not meet it: it has no references */
        eagerly_later[eagerly_later_count++] = task;
        return 1;
    }

    /* Is there more to it than our fields?  Its base holds a word that is not ours: weak references or
       a dict (up to 3.12), who awaits it. */
    static inline int eagerly_has_traces(PyObject *task) {
        PyTypeObject *type = Py_TYPE(task);
        PyObject **words = (PyObject **)task;
        uintptr_t any = 0;
        size_t at;
    #pragma GCC unroll 32
        for (at = sizeof(PyObject) / sizeof(any); at < TASK_SIZE / sizeof(any); at++)
            if (!eagerly_is_ours(at))
                any |= (uintptr_t)words[at];
        if (any != 0)
            return 1;
    #ifdef Py_TPFLAGS_MANAGED_WEAKREF
        if (type->tp_flags & Py_TPFLAGS_MANAGED_WEAKREF && words[-4] != NULL)
            return 1;
    #endif
    #ifdef Py_TPFLAGS_INLINE_VALUES
        if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) /* attributes: their number */
            return words[-3] != NULL || ((uint8_t *)task)[type->tp_basicsize + 1];
    #endif
        return type->tp_flags & Py_TPFLAGS_MANAGED_DICT && words[-3] != NULL;
    }

    static Py_ssize_t *eagerly_field_at, eagerly_fields = 0; /* which of its words are fields */

    /* As the deallocators of its four types do, each of which has the collector forget it and find it
       again: of 4,900 instructions a child that starts lazily, 350. */
    static inline void eagerly_free(PyObject *task) {
        PyTypeObject *type = Py_TYPE(task);
        Py_ssize_t field;
        PyObject_GC_UnTrack(task);
        for (field = 0; field < eagerly_fields; field++)
            Py_DECREF(((PyObject **)task)[eagerly_field_at[field]]);
        type->tp_free(task);
        Py_DECREF(type);
    }

    /* Keep a task whose finalizer has not run.  It lets go of its result, and may free other tasks. */
    static inline int eagerly_keep(PyObject *task) {
        if (eagerly_kept_count == EAGERLY_KEPT || eagerly_has_traces(task))
            return 0;
        /* Nobody may find it now, nor while it is kept: in gc.get_objects(), say. */
        PyObject_GC_UnTrack(task);
        Py_SET_REFCNT(task, 1);
        if (!eagerly_reset(task) || eagerly_kept_count == EAGERLY_KEPT) {
            Py_SET_REFCNT(task, 0);
            return 0;
        }
        _Py_NewReference(task); /* that of eagerly_kept, to a debug build that counts them */
        eagerly_kept[eagerly_kept_count++] = task;
        return 1;
    }

    static void eagerly_dealloc_now(PyObject *task) {
        if (!PyObject_GC_IsFinalized(task)) {
            if (eagerly_keep(task))
                return;
            /* Cython's function does this only where it stands in the type. */
            if (!PyObject_GC_IsTracked(task))
                PyObject_GC_Track(task); /* it may come back to life */
            if (PyObject_CallFinalizerFromDealloc(task) < 0)
                return;
        }
        if (eagerly_has_traces(task))
            eagerly_dealloc_for_good(task);
        else
            eagerly_free(task);
    }

    /* A task may hold a task that holds a task: beyond a depth, the outermost frees them. */
    static void eagerly_dealloc(PyObject *task) {
        if (Py_TYPE(task) != eagerly_task_type) { /* a subclass frees its own, with our help */
            eagerly_dealloc_for_good(task);
            return;
        }
        if (eagerly_nesting == EAGERLY_NESTING && eagerly_put_off(task))
            return;
        eagerly_nesting++;
        eagerly_dealloc_now(task);
        while (eagerly_nesting == 1 && eagerly_later_count > 0)
            eagerly_dealloc_now(eagerly_later[--eagerly_later_count]);
        eagerly_nesting--;
    }

    /* A kept task keeps its context too, if nobody else has that.  Its variables are one word. */
    static Py_ssize_t eagerly_variables_at = 0;
    static PyObject *eagerly_no_variables;

    static inline int eagerly_is_spare_context(PyObject *context) {
        /* Who enters a context has it. */
        return Py_REFCNT(context) == 1 && eagerly_variables_at != 0
            && *(PyObject **)((char *)context + Py_TYPE(context)->tp_weaklistoffset) == NULL;
    }
    static inline void eagerly_set_variables(PyObject *context, PyObject *variables) {
        PyObject **word = (PyObject **)context + eagerly_variables_at, *before = *word;
        if (before == variables)
            return;
        *word = Py_NewRef(variables);
        Py_DECREF(before);
    }
    static inline int eagerly_keep_context(PyObject *context) {
        if (!eagerly_is_spare_context(context))
            return 0;
        eagerly_set_variables(context, eagerly_no_variables);
        return 1;
    }
    /* Make a kept context a copy of the current one: 144 instructions less than a new one. */
    static inline int eagerly_copy_again(PyObject *context) {
        PyObject *current = PyThreadState_Get()->context;
        if (current == NULL || !eagerly_is_spare_context(context))
            return 0;
        eagerly_set_variables(context, ((PyObject **)current)[eagerly_variables_at]);
        return 1;
    }
    static inline void eagerly_keep_contexts(Py_ssize_t variables_at, PyObject *no_variables) {
        eagerly_variables_at = variables_at;
        eagerly_no_variables = Py_NewRef(no_variables);
    }

    /* The collector leaves fields that refer to nothing; and others of its victims may still ask. */
    static inquiry eagerly_clear_for_good;

    static int eagerly_clear(PyObject *task) {
        int failed = eagerly_clear_for_good(task);
        eagerly_fill_base(task);
        return failed;
    }

    static inline int eagerly_keep_tasks(PyObject *blank, int (*reset)(PyObject *)) {
        PyTypeObject *type = Py_TYPE(blank);
        Py_ssize_t at, words = type->tp_basicsize / sizeof(PyObject *);
        eagerly_field_at = PyMem_Malloc(words * sizeof(*eagerly_field_at));
        if (eagerly_field_at == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        for (at = sizeof(PyObject) / sizeof(PyObject *); at < words; at++)
            if (((PyObject **)blank)[at] == Py_None) /* as all fields of a blank task */
                eagerly_field_at[eagerly_fields++] = at;
        eagerly_reset = reset;
        eagerly_task_type = type;
        eagerly_dealloc_for_good = type->tp_dealloc;
        type->tp_dealloc = eagerly_dealloc;
        eagerly_clear_for_good = type->tp_clear;
        type->tp_clear = eagerly_clear;
        return 0;
    }

    static inline PyObject *eagerly_blank_task(PyObject *no_arguments) {
        PyObject *task;
        if (eagerly_kept_count > 0) {
            task = eagerly_kept[--eagerly_kept_count];
            PyObject_GC_Track(task);
            return task;
        }
        return eagerly_task_type->tp_new(eagerly_task_type, no_arguments, NULL);
    }

    /* Mark a task as one whose finalizer has run: it has nothing to report.  To run it in
       vain takes 200 instructions. */
    static inline void eagerly_skip_finalizer(PyObject *task) {
        ((uintptr_t *)task)[-1] |= 1; /* _PyGC_PREV_MASK_FINALIZED */
    }
    """
    ctypedef bint (*Reset)(object task) noexcept
    int keep_tasks "eagerly_keep_tasks"(object blank, Reset reset) except -1
    void keep_contexts "eagerly_keep_contexts"(Py_ssize_t variables_at, object no_variables)
    # Pointers: to hand over an object is to have it, for that time.
    bint keep_context "eagerly_keep_context"(PyObject* context)
    bint copy_again "eagerly_copy_again"(PyObject* context)
    object blank_task "eagerly_blank_task"(tuple no_arguments)
    void skip_finalizer "eagerly_skip_finalizer"(object task)
