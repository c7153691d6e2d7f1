from eagerly.engine cimport registry
from eagerly.engine.task cimport Task, TaskQueue, new_task, queue_of

cdef object MethodType
cdef object _ours
cdef bint _older
cdef object _racer
cdef list _plain

cpdef bint makes_ours(TaskQueue queue) except -1
cpdef Task spawn(TaskQueue queue, object coro, object name, object context, object eager_start)
cdef bint _has_failed(Task task) except -1
cdef bint _has_plain_create_task(object loop) except -1


cdef class EagerTaskFactory:
    cdef readonly object constructor
    cdef readonly object __closure__
    cdef readonly object __code__
