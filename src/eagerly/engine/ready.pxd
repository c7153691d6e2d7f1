from eagerly.engine cimport registry, step


cdef int FEW, SOONER, IN_COMPANY, BETWEEN_LOOKS
cdef object Handle
cdef bint _handle_is_known

cdef bint _is_short(object handle) except -1
cdef object new_handle(object callback, tuple args, object loop, object context)


cdef class Batch:
    cdef ReadyQueue queue
    cdef list tasks             # that are left to run; once it has begun, the next one is the last
    cdef bint begun
    cdef bint polled            # one of them gave way so that the loop looks at its sockets
    cdef object handle          # of the loop's own kind, where it takes no other; its callback is _run
    cdef readonly object _cancelled
    cdef readonly object _callback

    cdef _run_several(self)
    cdef _run_tasks(self)
    cdef object stands(self)


cdef class ReadyQueue:
    cdef object __weakref__
    cdef readonly object loop
    cdef readonly list alive        # tasks that wait or are ready: nobody else may hold them
    cdef readonly list starting     # the tasks that take their first step, by depth; else None
    cdef Py_ssize_t depth           # of the next eager start
    cdef unsigned int asked         # how often: must_pause_inside()
    cdef double busy_since          # time.monotonic(); 0: not asked in this turn of the loop
    cdef bint stepping              # in a step of ours that the loop began
    cdef bint in_batch              # of several tasks: see registry.leave()
    cdef bint runs_on               # takes turns of the loop: see run_on()
    cdef public bint hides          # tasks from the collector, since it last looked: see collector.pxd
    cdef bint debug                 # new tasks record where they were made

    cdef object _close_loop
    cdef object _call_soon      # the loop's own
    cdef object _stand_in       # ours, as the loop has it; None: it keeps its own
    cdef object _callbacks      # the loop's deque of handles, or None when it hides it
    cdef double _clock_resolution
    cdef bint _takes_batches    # that deque may hold a Batch
    cdef Batch _open            # the batch that may grow, or None
    cdef Py_ssize_t _length     # of _callbacks when _open was opened

    cdef bint must_pause_inside(self) except -1
    cdef bint must_pause(self, bint sooner) except -1
    cdef int _haste(self, bint sooner) except -1
    cdef add(self, object task, bint polled=?)
    cdef run_on(self)
    cdef bint _may_run_on(self) except -1
    cdef bint _is_early(self, double began) except -1
    cdef bint _take_turn(self) except -1
    cdef bint may_batch(self) except -1
    cdef Py_ssize_t keep(self, object task) except -1
    cdef let_go(self, object task)
    cdef bint _is_wakeup(self, object callback, tuple arguments) except -1
    cdef _add_alone(self, object task)
    cdef _run(self, object task)
