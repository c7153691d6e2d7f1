# What a context has are its variables, one word, which refers to what never changes.  So these few
# lines copy a context into one that is left over, or put off the copy until it is needed.

from cpython.object cimport PyObject


cdef extern from *:
    """
    static inline PyObject **eagerly_variables_of(PyObject *context) {
        return (PyObject **)context + CONTEXT_VARIABLES;
    }
    static inline void eagerly_set_variables(PyObject *context, PyObject *variables) {
        PyObject **word = eagerly_variables_of(context), *before = *word;
        if (before == variables)
            return;
        *word = Py_NewRef(variables);
        Py_DECREF(before);
    }

    /* The variables of the current context: eagerly_made() makes a copy of it from them. */
    static inline PyObject *eagerly_variables_now(void) {
        PyObject *current = PyThreadState_Get()->context;
        return current == NULL ? PyContext_CopyCurrent() : Py_NewRef(*eagerly_variables_of(current));
    }
    static inline int eagerly_is_to_be_made(PyObject *context) {
        return !PyContext_CheckExact(context) && context != Py_None;
    }
    static inline PyObject *eagerly_made(PyObject *variables) {
        PyObject *context = PyContext_New();
        if (context != NULL)
            eagerly_set_variables(context, variables);
        return context;
    }

    /* A kept task keeps its context too, if nobody else has that. */
    static PyObject *eagerly_no_variables;

    static inline int eagerly_is_spare(PyObject *context) {
        /* Who enters a context has it. */
        return Py_REFCNT(context) == 1
            && *(PyObject **)((char *)context + Py_TYPE(context)->tp_weaklistoffset) == NULL;
    }
    static inline int eagerly_keep_context(PyObject *context) {
        if (!eagerly_is_spare(context))
            return 0;
        eagerly_set_variables(context, eagerly_no_variables);
        return 1;
    }
    /* Make a kept context a copy of the current one: 144 instructions less than a new one. */
    static inline int eagerly_copy_again(PyObject *context) {
        PyObject *current = PyThreadState_Get()->context;
        if (current == NULL || !eagerly_is_spare(context))
            return 0;
        eagerly_set_variables(context, *eagerly_variables_of(current));
        return 1;
    }
    static inline void eagerly_keep_contexts(PyObject *empty) {
        eagerly_no_variables = Py_NewRef(*eagerly_variables_of(empty));
    }
    """
    const int CONTEXT_VARIABLES         # at which word of it they stand: _layout.py
    object variables_now "eagerly_variables_now"()
    bint is_to_be_made "eagerly_is_to_be_made"(object context)
    object made "eagerly_made"(object variables)
    void keep_contexts "eagerly_keep_contexts"(object empty)
    # Pointers: to hand over an object is to have it, for that time.
    bint keep_context "eagerly_keep_context"(PyObject* context)
    bint copy_again "eagerly_copy_again"(PyObject* context)
