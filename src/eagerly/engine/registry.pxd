cdef bint in_thread
cdef bint in_dict
cdef int _process
cdef str _KEY
cdef object _get_running_loop
cdef dict _current
cdef object _exist_refs
cdef object _queues
cdef object _exist
cdef object _forget
cdef object _PlainTask
cdef object _PlainFuture
cdef object plain
cdef object _swap
cdef object _register
cdef object _unregister
cdef object _add_edge
cdef object _discard_edge
cdef Py_ssize_t _running_at, _ring_at, _link_at

cdef size_t this_thread() noexcept
cpdef object running_loop()
cpdef object needed_loop()
cpdef object task_of(object loop)
cdef object _task_in_dict(object loop)
cdef object enter(object loop, object task)
cdef leave(object loop, object previous, bint soon_entered)
cdef rest(object loop)
cdef Py_ssize_t _find_running() except -1
cdef tuple _find_ring()

cdef list _live_queues()
cdef add_queue(object queue)
cdef object queue_of(object loop)
cdef drop_queue(object loop)
cdef add(object task)
cdef remove(object task)
cdef abandon(object task)
cdef rename(object task, object name)

cdef add_edge(object awaited, object waiter)
cdef discard_edge(object awaited, object waiter)
cdef bint _has_base(object awaited) noexcept
cdef add_first_edge(object task, object waiter)
cdef discard_first_edge(object task, object waiter)

