# What the garbage collector sees of tasks.
#
# Their fields: those that refer to something.  And of a task that is made to start later, while its
# loop runs, nothing until its first step: it is hidden, since the loop has it and cannot be garbage.
# That saves 200 of 1,040 ns for each of 20,000 (CPython 3.14).
#
# A loop that does not run may be garbage, and its tasks with it: registry shows them before the
# collector sets out.

from cpython.object cimport PyObject

from eagerly.engine cimport base  # whose C is used below


cdef extern from *:
    """
    #ifndef EAGERLY_COLLECTOR
    #define EAGERLY_COLLECTOR
    static PyTypeObject *eagerly_task_type;
    static Py_ssize_t *eagerly_field_at, eagerly_fields = 0; /* which of its words are fields */

    static inline int eagerly_has_attributes(PyObject *task) {
        PyTypeObject *type = Py_TYPE(task);
        PyObject **words = (PyObject **)task;
        if (type->tp_dictoffset > 0)
            return *(PyObject **)((char *)task + type->tp_dictoffset) != NULL;
    #ifdef Py_TPFLAGS_INLINE_VALUES
        if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) /* their number */
            return words[-3] != NULL || ((uint8_t *)task)[type->tp_basicsize + 1];
    #endif
        return type->tp_flags & Py_TPFLAGS_MANAGED_DICT && words[-3] != NULL;
    }

    /* The functions of its four types visit None, too: 230 of the 2,850 instructions that a collection
       takes for a task and its coroutine (3.14). */
    static traverseproc eagerly_traverse_for_good;

    static int eagerly_traverse(PyObject *task, visitproc visit, void *arg) {
        PyObject **words = (PyObject **)task;
        Py_ssize_t field;
        if (Py_TYPE(task) != eagerly_task_type || eagerly_has_attributes(task))
            return eagerly_traverse_for_good(task, visit, arg);
        for (field = 0; field < eagerly_fields; field++)
            if (words[eagerly_field_at[field]] != Py_None)
                Py_VISIT(words[eagerly_field_at[field]]);
        if (TASK_AWAITED_BY != 0)
            Py_VISIT(words[TASK_AWAITED_BY]);
        Py_VISIT(Py_TYPE(task));
        return 0;
    }

    /* The collector leaves fields that refer to nothing; and others of its victims may still ask. */
    static inquiry eagerly_clear_for_good;

    static int eagerly_clear(PyObject *task) {
        int failed = eagerly_clear_for_good(task);
        eagerly_fill_base(task);
        return failed;
    }

    static inline int eagerly_watch_tasks(PyObject *blank) {
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
        eagerly_task_type = type;
        eagerly_traverse_for_good = type->tp_traverse;
        type->tp_traverse = eagerly_traverse;
        eagerly_clear_for_good = type->tp_clear;
        type->tp_clear = eagerly_clear;
        return 0;
    }

    static inline void eagerly_hide(PyObject *task) {
        PyObject_GC_UnTrack(task);
    }
    /* Also one that is not hidden. */
    static inline void eagerly_show(PyObject *task) {
        if (((uintptr_t *)task)[-2] == 0) /* PyObject_GC_IsTracked(), without a call in each step */
            PyObject_GC_Track(task);
    }
    #endif
    """
    void hide "eagerly_hide"(object task)
    void show "eagerly_show"(object task)
