from eagerly.engine cimport outcome, registry, step
from eagerly.engine.base cimport flag
from eagerly.engine.outcome cimport Keeper, Outcome, Status

cdef object plain
cdef object Future


cdef class Driver(Outcome):
    cdef Py_ssize_t _number
    cdef readonly flag _must_cancel
    cdef flag _shall_begin                  # before it is cancelled: its group did it (see Group)
    cdef flag _reusable                     # it returned in its first step: see memory.pxd
    cdef flag _exists                       # it is in the registry and in its loop's `alive`
    cdef unsigned int _place                # where, in `alive`
    cdef unsigned int _sibling              # which one it is of its group's children
    cdef unsigned int _cancel_requests

    cdef _start(self, bint in_given_context)
    cdef bint _can_start(self, bint in_given_context) except -1
    cdef _start_later(self)
    cdef _schedule(self, bint polled=?)
    cdef _schedule_from_elsewhere(self)
    cdef object _own_context(self)
    cdef _due(self, bint entered)
    cdef _step(self, object error, bint entered)
    cdef bint _settle(self, object value) except -1
    cdef _begin_first(self)
    cdef bint _can_have_keeper(self, object queue) noexcept
    cdef bint _hands_over(self, object error) except -1
    cdef _suspend(self, object awaited)
    cdef _examine(self, object awaited)
    cdef _wait_for(self, object awaited)
    cdef bint _cancel_awaited(self, object message) except -1
    cdef _refuse(self, object error)
    cpdef _wakeup(self, object future)
    cdef _end(self, Status status)
    cdef _exist(self)


cdef class Wakeup:
    cdef Driver task
    cdef bint armed             # the task waits, and was not made ready yet


cdef bint is_due(Wakeup wakeup, tuple arguments) noexcept
cdef bint _wakes(Wakeup wakeup, Driver task) noexcept
cdef object _loop_of(object future)
cdef bint _listens_first(object future, object wakeup, object context) except -1
cdef object _error_of(object future)
