# The C asyncio.Task as a base class.  No header shows its struct: setup.py found out which of its
# words is for what (_layout.py).  Those that we have the same use for are our fields: to have them
# a second time took 64 bytes a task.  The base's own code only visits and clears them.

cdef extern from *:
    """
    #ifndef EAGERLY_BASE_TASK
    #define EAGERLY_BASE_TASK
    typedef union { PyObject ob_base; PyObject *words[TASK_SIZE / sizeof(PyObject *)]; } EagerlyBaseTask;
    typedef unsigned char eagerly_flag;

    static inline int eagerly_is_ours(size_t word) {
        return word == TASK_RESULT || word == TASK_MESSAGE || word == TASK_CALLBACK
            || word == TASK_ERROR || word == TASK_CORO || word == TASK_CONTEXT || word == TASK_NAME
            || word == TASK_WAITER;
    }
    /* Fields of Cython's refer to something: to None if to nothing else. */
    static inline void eagerly_fill_base(PyObject *task) {
        PyObject **words = ((EagerlyBaseTask *)task)->words;
        size_t at;
    #pragma GCC unroll 32
        for (at = 0; at < TASK_SIZE / sizeof(*words); at++)
            if (eagerly_is_ours(at) && words[at] == NULL)
                words[at] = Py_NewRef(Py_None);
    }
    #endif
    """
    ctypedef class _asyncio.Task [object EagerlyBaseTask, check_size ignore]:
        # Of Outcome.  The result; of a failure, the exception and the traceback to raise it with; of
        # a cancellation, the CancelledError that ended it, for who asks first.
        cdef object _value "words[TASK_RESULT]"
        cdef object _cancel_message "words[TASK_MESSAGE]"
        cdef list _listeners "words[TASK_CALLBACK]"     # None, or not empty
        cdef object _keeper "words[TASK_ERROR]"         # None once it was told of the end

        # Of Driver.  No coroutine if it ended in its first step.  The name is a str; None: it is made
        # from _number; that number itself, for debuggers: while the task exists, from 3.14.  What it
        # waits for: see the states in driver.py.  The context; natively but its variables (context.pxd),
        # until a task that starts later does; None: it is not known yet when it starts.
        cdef object _coro "words[TASK_CORO]"
        cdef object _context "words[TASK_CONTEXT]"
        cdef object _name "words[TASK_NAME]"
        cdef object _fut_waiter "words[TASK_WAITER]"

    void fill_base "eagerly_fill_base"(object task)

    ctypedef bint flag "eagerly_flag"       # of one byte: a million tasks have seven each

    # In bytes; and at which word or byte of it stands what.
    const int TASK_SIZE, TASK_LOOP, TASK_CALLBACK, TASK_CALLBACK_CONTEXT, TASK_CALLBACKS, TASK_RESULT
    const int TASK_ERROR, TASK_MESSAGE, TASK_STATE, TASK_CANCELLED, TASK_BLOCKING, TASK_BLOCKING_BIT
    const int TASK_CORO, TASK_NAME, TASK_CONTEXT, TASK_WAITER
    const int TASK_IS_TASK, TASK_AWAITED_BY     # 0 up to 3.13: no debugger reads them
