# The memory of tasks that are gone is kept for the next ones: a task that ends in its first
# step lives for less time than the allocator and the collector take to make and forget it
# (340 of 4,480 instructions an eager child, CPython 3.12).
#
# Not @cython.freelist: its blocks keep the collector's mark that the finalizer has run, so
# the second task in one would never report that it was destroyed pending.

cdef extern from *:
    """
    #define EAGERLY_KEPT 256

    static PyObject *eagerly_kept[EAGERLY_KEPT];
    static int eagerly_kept_count = 0;

    /* What lies before an object: the collector's header, and dict and weakrefs from 3.12 on. */
    static inline size_t eagerly_header(PyTypeObject *type) {
        size_t header = 2 * sizeof(void *);
    #ifdef Py_TPFLAGS_PREHEADER
        if (type->tp_flags & Py_TPFLAGS_PREHEADER)
            header += 2 * sizeof(void *);
    #endif
        return header;
    }

    static PyObject *eagerly_alloc(PyTypeObject *type, Py_ssize_t items) {
        PyObject *task;
        size_t header;
        if (eagerly_kept_count == 0)
            return PyType_GenericAlloc(type, items);
        task = eagerly_kept[--eagerly_kept_count];
        header = eagerly_header(type);
        memset((char *)task - header, 0, header + type->tp_basicsize);
        PyObject_Init(task, type);
        PyObject_GC_Track(task);
        return task;
    }

    static void eagerly_free(void *task) {
        if (eagerly_kept_count == EAGERLY_KEPT)
            PyObject_GC_Del(task);
        else
            eagerly_kept[eagerly_kept_count++] = task;
    }

    /* For this type alone: Python gives a subclass functions of its own. */
    static inline void eagerly_keep_memory(PyObject *type) {
        ((PyTypeObject *)type)->tp_alloc = eagerly_alloc;
        ((PyTypeObject *)type)->tp_free = eagerly_free;
    }

    /* Mark a task as one whose finalizer has run: it has nothing to report.  Running it in
       vain takes 200 instructions. */
    static inline void eagerly_skip_finalizer(PyObject *task) {
        ((uintptr_t *)task)[-1] |= 1; /* _PyGC_PREV_MASK_FINALIZED */
    }
    """
    void skip_finalizer "eagerly_skip_finalizer"(object task)
    void keep_memory "eagerly_keep_memory"(object type)
