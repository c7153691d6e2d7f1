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

from eagerly.engine cimport base, collector  # whose C is used below


cdef extern from *:
    """
    #define EAGERLY_KEPT 64

    static PyObject *eagerly_kept[EAGERLY_KEPT];
    static int eagerly_kept_count = 0;
    static destructor eagerly_dealloc_for_good;
    static PyObject *eagerly_blank;
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
        if (Py_TYPE(task)->tp_flags & Py_TPFLAGS_MANAGED_WEAKREF && words[-4] != NULL)
            return 1;
    #endif
        return eagerly_has_attributes(task);
    }

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

    static inline int eagerly_keep_tasks(PyObject *blank, int (*reset)(PyObject *)) {
        PyTypeObject *type = Py_TYPE(blank);
        if (eagerly_watch_tasks(blank) < 0)
            return -1;
        eagerly_blank = Py_NewRef(blank);
        PyObject_GC_UnTrack(blank); /* nobody shall find it */
        eagerly_reset = reset;
        eagerly_dealloc_for_good = type->tp_dealloc;
        type->tp_dealloc = eagerly_dealloc;
        return 0;
    }

    /* A copy of the blank one: to have its four types make it took 100 instructions more. */
    static inline PyObject *eagerly_new_task(void) {
        PyObject *task = eagerly_task_type->tp_alloc(eagerly_task_type, 0);
        if (task == NULL)
            return NULL;
        memcpy(task + 1, eagerly_blank + 1, eagerly_task_type->tp_basicsize - sizeof(PyObject));
    #if PY_VERSION_HEX < 0x030C0000 /* later None is immortal */
        Py_SET_REFCNT(Py_None, Py_REFCNT(Py_None) + eagerly_fields);
    #endif
        return task;
    }

    static inline PyObject *eagerly_blank_task(void) {
        PyObject *task;
        if (eagerly_kept_count == 0)
            return eagerly_new_task();
        task = eagerly_kept[--eagerly_kept_count];
        PyObject_GC_Track(task);
        return task;
    }

    /* Mark a task as one whose finalizer has run: it has nothing to report.  To run it in
       vain takes 200 instructions. */
    static inline void eagerly_skip_finalizer(PyObject *task) {
        ((uintptr_t *)task)[-1] |= 1; /* _PyGC_PREV_MASK_FINALIZED */
    }
    """
    ctypedef bint (*Reset)(object task) noexcept
    int keep_tasks "eagerly_keep_tasks"(object blank, Reset reset) except -1
    object blank_task "eagerly_blank_task"()
    void skip_finalizer "eagerly_skip_finalizer"(object task)
