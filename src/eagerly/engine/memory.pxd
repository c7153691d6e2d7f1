# Tasks that ended in their first step are kept, whole, for the next ones.  Such a task lives
# for less time than it takes to allocate, clear, finalise and free it: 550 of 3,800
# instructions an eager child (CPython 3.12).
#
# Not @cython.freelist: its blocks keep the collector's mark that the finalizer has run, so
# the second task in one would never report that it was destroyed pending.  A kept task is
# an ordinary living object, with one reference; it is merely given away again.

cdef extern from *:
    """
    #define EAGERLY_KEPT 64

    static PyObject *eagerly_kept[EAGERLY_KEPT];
    static int eagerly_kept_count = 0;
    static PyTypeObject *eagerly_task_type;
    static destructor eagerly_dealloc_for_good;
    static int (*eagerly_reset)(PyObject *task);

    /* Could anybody tell that this is not a new object? */
    static inline int eagerly_has_traces(PyObject *task) {
        PyTypeObject *type = Py_TYPE(task);
        PyObject **dict;
        if (*(PyObject **)((char *)task + type->tp_weaklistoffset) != NULL)
            return 1;
    #ifdef Py_TPFLAGS_INLINE_VALUES
        if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) /* a dict, or attributes: their number */
            return ((PyObject **)task)[-3] != NULL || ((uint8_t *)task)[type->tp_basicsize + 1];
    #endif
        dict = _PyObject_GetDictPtr(task);
        return dict != NULL && *dict != NULL;
    }

    static void eagerly_dealloc(PyObject *task) {
        if (Py_TYPE(task) == eagerly_task_type) { /* a subclass frees its own, with our help */
            if (eagerly_kept_count < EAGERLY_KEPT && !eagerly_has_traces(task)) {
                _Py_NewReference(task);
                if (eagerly_reset(task)) {
                    PyObject_GC_UnTrack(task); /* gc.get_objects() shows no task that is none */
                    eagerly_kept[eagerly_kept_count++] = task;
                    return;
                }
                Py_SET_REFCNT(task, 0);
            }
            /* Cython's function does this only where it stands in the type. */
            if (PyObject_CallFinalizerFromDealloc(task) < 0)
                return;
        }
        eagerly_dealloc_for_good(task);
    }

    static inline void eagerly_keep_tasks(PyObject *type, int (*reset)(PyObject *)) {
        eagerly_reset = reset;
        eagerly_task_type = (PyTypeObject *)type;
        eagerly_dealloc_for_good = eagerly_task_type->tp_dealloc;
        eagerly_task_type->tp_dealloc = eagerly_dealloc;
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
    void keep_tasks "eagerly_keep_tasks"(object type, Reset reset)
    object blank_task "eagerly_blank_task"(tuple no_arguments)
    void skip_finalizer "eagerly_skip_finalizer"(object task)
