from eagerly.engine cimport outcome, registry, step
from eagerly.engine.outcome cimport Outcome, Status
from eagerly.engine.ready cimport ReadyQueue

cdef unsigned int BETWEEN_LOOKS
cdef Py_ssize_t MOST_NESTED
cdef Py_ssize_t _born
cdef object CancelledError
cdef object CoroutineType


cdef class Task(Outcome):
    cdef readonly object _coro              # None once it ended in its first step
    cdef object _context
    cdef object _given_name                 # a str; None: the name is made from _number
    cdef Py_ssize_t _number
    cdef readonly object _fut_waiter        # what it waits for: see the states in task.py
    cdef Py_ssize_t _cancel_requests
    cdef readonly bint _must_cancel
    cdef bint _reusable                     # it returned in its first step: see memory.pxd
    cdef bint _exists                       # it is in the registry and in its loop's `alive`

    cdef _start(self, bint in_given_context)
    cdef _schedule(self)
    cdef _due(self, bint entered)
    cdef _step(self, object error, bint entered)
    cdef bint _settle(self, object value) except -1
    cdef _suspend(self, object awaited)
    cdef _wait_for(self, object awaited)
    cdef _refuse(self, object what)
    cdef _end(self, Status status)
    cdef _exist(self)


cdef class TaskQueue(ReadyQueue):
    cdef _add_alone(self, object task)
    cdef _run(self, object task)


cpdef TaskQueue queue_of(object loop)
cpdef Task new_task(ReadyQueue queue, object coro, object name, object context)

cdef bint _reset(object thing) noexcept
cdef _initialise(Task task, ReadyQueue queue, object coro, object name, object context)
cdef bint _hands_on(object awaited) except -1
cdef object _loop_of(object future)
