from cpython.object cimport PyObject

from eagerly.engine.capi cimport PySendResult


cpdef enum Ending:
    YIELDED
    RETURNED
    RAISED

cdef Ending ending
cdef object traceback_of

cdef object resume(object coro, object error, object context)
cdef object start(object coro, object context)
cdef object _send(object coro)
cdef object _outcome_of(PySendResult sent, PyObject* outcome)
cdef object _throw(object coro, object error)
cdef object _without_our_frame(object raised)
cdef object new_context(object context)
cdef object context_to_be()
cdef bint can_start_now(object given_context) except -1
