cimport cython

from eagerly.engine cimport step
from eagerly.engine.base cimport Task as AsyncioTask
from eagerly.engine.base cimport flag
from eagerly.engine.ready cimport ReadyQueue


cdef class Keeper:
    cdef child_ended(self, object task)
    cdef child_due(self, object task)
    cdef bint takes_over(self, object error) except -1


cpdef enum Status:
    PENDING
    FINISHED
    CANCELLED
    FAILED              # which asyncio calls finished, too


cdef class Outcome(AsyncioTask):
    cdef ReadyQueue _queue                  # of its loop; None: it was never initialised
    cdef Status _status
    cdef public flag _asyncio_future_blocking
    cdef public flag _log_destroy_pending
    cdef flag _log_error                    # it failed and nobody has looked
    cdef public object _source_traceback

    cdef bint _is_pending(self) noexcept
    cdef bint _has_returned(self) noexcept
    cdef _tell_all(self)
    cdef _be_kept_by(self, Keeper keeper)
    cdef _keeper_is_due(self)
    cdef _wake_at_end(self, object waiter)
    cdef object _take_error(self)
    cdef _listen(self, object listener)


@cython.final
cdef class Awaiting:
    cdef Outcome task           # None once it is over
