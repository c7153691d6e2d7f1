# Has a coroutine begun?  Its state is a byte, in a struct that is hidden from 3.14 on and numbered
# anew by some CPythons: it is found by comparing coroutines whose states are known.

cdef extern from *:
    """
    /* Where two coroutines that have not begun have the same byte, and two that have begun
       another; 0: nowhere. */
    static Py_ssize_t eagerly_find_state(PyObject *fresh, PyObject *too, PyObject *waits,
                                         PyObject *ended) {
        char *a = (char *)fresh, *b = (char *)too, *c = (char *)waits, *d = (char *)ended;
        Py_ssize_t at;
        for (at = sizeof(PyObject); at < Py_TYPE(fresh)->tp_basicsize; at++)
            if (a[at] == b[at] && a[at] != c[at] && a[at] != d[at] && c[at] != d[at])
                return at;
        return 0;
    }
    static inline char eagerly_byte_at(PyObject *object, Py_ssize_t at) {
        return ((char *)object)[at];
    }
    """
    Py_ssize_t find_state "eagerly_find_state"(object fresh, object too, object waits, object ended)
    char byte_at "eagerly_byte_at"(object thing, Py_ssize_t at)
