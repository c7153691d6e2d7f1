from eagerly.engine cimport registry, step
from eagerly.engine.base cimport Task as AsyncioTask
from eagerly.engine.ready cimport ReadyQueue


cdef unsigned int BETWEEN_LOOKS
cdef Py_ssize_t MOST_NESTED
cdef Py_ssize_t _born
cdef object CancelledError
cdef object CoroutineType


cdef class Keeper:
    cdef child_ended(self, Task task)
    cdef child_due(self, Task task)


cpdef enum Outcome:
    PENDING
    FINISHED
    CANCELLED


cdef class Task(AsyncioTask):
    cdef ReadyQueue _queue
    cdef readonly object _coro              # None once it ended in its first step
    cdef object _context
    cdef object _given_name                 # a str; None: the name is made from _number
    cdef Py_ssize_t _number

    cdef Outcome _outcome
    cdef object _value                      # the result; of a failure, the traceback to raise with
    cdef readonly object _exception
    cdef readonly object _cancel_message
    cdef object _cancelled_error            # the CancelledError that ended it, for who asks first

    cdef readonly object _fut_waiter        # what it waits for: see the states in task.py
    cdef Keeper _keeper                     # None once it was told of the end
    cdef list _listeners                    # Tasks that wait for it, and (callback, context) pairs
    cdef Py_ssize_t _cancel_requests

    cdef readonly bint _must_cancel
    cdef public bint _asyncio_future_blocking
    cdef public bint _log_destroy_pending
    cdef bint _log_error                    # it failed and nobody has looked
    cdef bint _exists                       # it is in the registry and in its loop's `alive`
    cdef public object _source_traceback

    cdef bint _is_pending(self) noexcept
    cdef bint _has_returned(self) noexcept
    cdef _start(self, bint in_given_context)
    cdef _schedule(self)
    cdef _due(self, bint entered)
    cdef _step(self, object error, bint entered)
    cdef bint _settle(self, object value) except -1
    cdef _suspend(self, object awaited)
    cdef _wait_for(self, object awaited)
    cdef _refuse(self, object what)
    cdef _end(self, Outcome outcome)
    cdef _exist(self)
    cdef _listen(self, object listener)


cdef class TaskQueue(ReadyQueue):
    cdef _add_alone(self, object task)
    cdef _run(self, object task)


cpdef TaskQueue queue_of(object loop)
cpdef Task new_task(ReadyQueue queue, object coro, object name, object context)

cdef bint _reset(object thing) noexcept
cdef _initialise(Task task, ReadyQueue queue, object coro, object name, object context)
cdef object _error_of(Task task)
cdef _add_waiter(Task awaited, Task waiter)
cdef object _loop_of(object future)
