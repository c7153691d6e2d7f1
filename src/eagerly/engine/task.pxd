from cpython.object cimport PyObject

from eagerly.engine cimport driver, outcome, registry, step
from eagerly.engine.driver cimport Driver, Wakeup
from eagerly.engine.ready cimport ReadyQueue

cdef Py_ssize_t _born
cdef object CoroutineType


cdef class Task(Driver):
    pass


cdef class TaskQueue(ReadyQueue):
    cdef bint loop_has_fields               # _debug and _task_factory, as BaseEventLoop has them

    cdef bint loop_debugs(self) except -1
    cdef let_go(self, object task)
    cdef bint _is_wakeup(self, object callback, tuple arguments) except -1
    cdef _add_alone(self, object task)
    cdef _run(self, object task)


cdef PyObject* _latest

cdef _forget(TaskQueue queue)
cpdef TaskQueue queue_of(object loop)
cdef TaskQueue _find_queue(object loop)
cpdef Task new_task(ReadyQueue queue, object coro, object name, object context)

cdef bint _has_kept_context(Task task) noexcept
cdef bint _keeps_context(Task task) noexcept
cdef bint _reset(object thing) noexcept
cdef _initialise(Task task, ReadyQueue queue, object coro, object name, object context)
cdef bint _hands_on(object awaited) except -1
