from eagerly.engine cimport registry
from eagerly.engine.outcome cimport Keeper
from eagerly.engine.task cimport Task, TaskQueue, new_task, queue_of
from eagerly.groups.factory cimport makes_ours


cdef class Gathering(Keeper):
    cdef TaskQueue queue
    cdef bint makes_ours
    cdef bint eager_start
    cdef object outer               # what gather() returns; None while children start, and when over
    cdef bint over                  # the outer future is done
    cdef object parent              # the task that called gather(), or None
    cdef bint return_exceptions
    cdef bint cancel_requested

    cdef list results               # one an argument, each filled in when it is known
    cdef list waited                # (child, its place), of those that were not done at once
    cdef list copies                # (place, the place where the same argument came first)
    cdef list ended                 # children that settle() has to see: it was too early before
    cdef Py_ssize_t left            # children that have not told us of their end
    cdef Py_ssize_t running         # of them, ours, that have not ended
    cdef bint only_ours             # every child in `waited` is a task that we made

    cdef child_ended(self, object child)
    cdef child_due(self, object child)
    cdef start_all(self, tuple arguments)
    cdef take(self, object argument, Py_ssize_t place)
    cdef give_up(self, tuple given)
    cdef start(self, object coro, Py_ssize_t place)
    cdef adopt(self, object task, Py_ssize_t place)
    cdef wait_for(self, object future, Py_ssize_t place)
    cdef see(self, object child)
    cdef object settle(self, object outer)
    cdef finish(self)
    cdef let_go(self)
    cdef object cancellation(self)
    cdef fail(self, object error)
    cdef collect(self)


cdef object _gather(tuple awaitables, bint return_exceptions, bint eager_start)
cdef object CoroutineType
cdef dict _places_of(tuple arguments)
cdef Py_ssize_t _state_at       # in a coroutine, of the byte that says whether it has begun
cdef char _state_of_fresh
cdef bint _is_fresh(object thing) except -1
cdef object _error_of(object child)
