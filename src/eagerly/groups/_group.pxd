from eagerly.engine cimport outcome, registry
from eagerly.engine.outcome cimport Keeper
from eagerly.engine.task cimport Task, TaskQueue, new_task, queue_of
from eagerly.groups.factory cimport makes_ours


cdef class Nothing:
    pass


cdef object _nothing
cdef object _no_steps


cdef class Group(Keeper):
    cdef object __weakref__
    cdef TaskQueue _queue
    cdef size_t _thread                             # that runs the loop
    cdef bint _makes_ours
    cdef readonly bint _entered
    cdef readonly bint _exiting
    cdef readonly bint _aborting
    cdef readonly bint _parent_cancel_requested     # by us: we owe it an uncancel()
    cdef readonly bint _cancel_on_enter
    cdef readonly object _parent_task
    cdef list _children                             # that have not ended, or not told us so yet; or None
    cdef Py_ssize_t _running                        # of them, that have not ended
    cdef set _others                                # the same, of tasks that are not ours; or None
    cdef readonly list _errors                      # or None
    cdef readonly object _base_error
    cdef object _on_completed_fut                   # what __aexit__ waits for

    cdef child_ended(self, object child)
    cdef child_due(self, object child)
    cdef bint takes_over(self, object error) except -1
    cdef _adopt(self, Task task)
    cdef _abort(self)
    cdef _child_failed(self, object task, object error)
    cdef _forget(self, object task)
    cdef bint _has_tasks(self) noexcept
    cdef bint _must_pause(self) except -1
