# Has a coroutine begun?  Its state is a byte, in a struct that is hidden from 3.14 on and numbered
# anew by some CPythons: it is found by comparing coroutines whose states are known.

cdef extern from *:
    """
    /* Where every third of the coroutines has the same byte, and its two neighbours others;
       0: nowhere.  Some bytes are never set, and so anything: many are compared. */
    static Py_ssize_t eagerly_find_state(PyObject *coros) {
        PyObject **all = ((PyTupleObject *)coros)->ob_item;
        Py_ssize_t at, n, size = PyTuple_GET_SIZE(coros);
    #define BYTE(n) (((char *)all[n])[at])
        for (at = sizeof(PyObject); at < Py_TYPE(all[0])->tp_basicsize; at++) {
            if (BYTE(0) == BYTE(1) || BYTE(0) == BYTE(2) || BYTE(1) == BYTE(2))
                continue;
            for (n = 3; n < size && BYTE(n) == BYTE(n % 3); n++)
                ;
            if (n == size)
                return at;
        }
    #undef BYTE
        return 0;
    }
    static inline char eagerly_byte_at(PyObject *object, Py_ssize_t at) {
        return ((char *)object)[at];
    }
    """
    Py_ssize_t find_state "eagerly_find_state"(tuple coros)
    char byte_at "eagerly_byte_at"(object thing, Py_ssize_t at)
