from eagerly.engine cimport registry
from eagerly.engine.driver cimport Driver, Wakeup


cdef class Gate:
    cdef readonly Py_ssize_t _parties
    cdef public bint _broken
    cdef object _loop                               # of the first who came
    cdef dict _waiting                              # Party: None, in the order in which they came

    cdef _pass(self)


cdef class Party:
    cdef Gate gate                                  # None once it waits no more
    cdef readonly Py_ssize_t place                  # among those who pass together
    cdef object error                               # that it gets instead
    cdef Driver task                                # of ours, that waits for it; or
    cdef object callback                            # of whatever else does, and
    cdef object context                             # of the callback
    cdef object loop
    cdef public bint _asyncio_future_blocking

    cdef _end(self)
