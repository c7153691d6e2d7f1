# Compiled with the engine: a step is measured in C, by the clock of time.perf_counter_ns().

cimport cython
from cpython.object cimport PyObject

from eagerly.engine.capi cimport PYGEN_ERROR, PYGEN_NEXT, PyIter_Send, PySendResult, take_raised
from eagerly.lab.profile.frames cimport Frame


cdef extern from *:
    """
    static inline long long eagerly_clock(void) {
    #if PY_VERSION_HEX >= 0x030D0000
        PyTime_t now;
        return PyTime_PerfCounterRaw(&now) < 0 ? 0 : now;
    #else
        return _PyTime_GetPerfCounter();
    #endif
    }

    /* Of no other thread, ever: the state of a new one may be where that of an old one was. */
    static inline long long eagerly_thread_id(void) {
        return (long long)PyThreadState_GetID(PyThreadState_Get());
    }

    /* What was found out lately, by address: what is looked for here lives to the end. */
    #define EAGERLY_RECENT 1024
    typedef struct {
        PyObject *outer, *code, *made_of, *api, *place;
        int lasti;
    } eagerly_recent;
    static eagerly_recent eagerly_places[EAGERLY_RECENT];
    static struct { PyObject *code; int kind; } eagerly_kinds[EAGERLY_RECENT];

    static inline size_t eagerly_at(void *one, void *other, int number) {
        size_t mixed = ((size_t)one >> 4) ^ ((size_t)other >> 5) ^ (size_t)number;
        return (mixed ^ (mixed >> 10)) % EAGERLY_RECENT;
    }
    static inline int eagerly_recall_kind(PyObject *code) {
        size_t at = eagerly_at(code, NULL, 0);
        return eagerly_kinds[at].code == code ? eagerly_kinds[at].kind : 0;
    }
    static inline int eagerly_keep_kind(PyObject *code, int kind) {
        size_t at = eagerly_at(code, NULL, 0);
        eagerly_kinds[at].code = code;
        return eagerly_kinds[at].kind = kind;
    }
    static inline PyObject *eagerly_recall_place(
        PyObject *outer, PyObject *code, int lasti, PyObject *made_of, PyObject *api) {
        eagerly_recent *at = &eagerly_places[eagerly_at(outer, code, lasti)];
        int same = at->outer == outer && at->code == code && at->lasti == lasti &&
                   at->made_of == made_of && at->api == api;
        return Py_NewRef(same ? at->place : Py_None);
    }
    static inline int eagerly_keep_place(
        PyObject *outer, PyObject *code, int lasti, PyObject *made_of, PyObject *api,
        PyObject *place) {
        eagerly_recent kept = {outer, code, made_of, api, place, lasti};
        eagerly_places[eagerly_at(outer, code, lasti)] = kept;
        return 0;
    }

    /* PyWeakref_GetObject() is gone from 3.15 on. */
    static inline int eagerly_is_gone(PyObject *reference) {
    #if PY_VERSION_HEX >= 0x030D0000
        PyObject *there;
        int found = PyWeakref_GetRef(reference, &there);
        if (found > 0)
            Py_DECREF(there);
        return found == 0;
    #else
        return PyWeakref_GetObject(reference) == Py_None;
    #endif
    }
    static inline PyObject *eagerly_weak(PyObject *task) {
        return PyWeakref_NewRef(task, NULL);
    }

    /* As it was when take_raised() took it. */
    static inline int eagerly_raise_again(PyObject *error) {
        Py_INCREF(error);
    #if PY_VERSION_HEX >= 0x030C0000
        PyErr_SetRaisedException(error);
    #else
        PyErr_Restore(Py_NewRef(Py_TYPE(error)), error, PyException_GetTraceback(error));
    #endif
        return 0;
    }

    static inline int eagerly_is_set(PyObject *kind) {
        return PyErr_ExceptionMatches(kind);
    }

    static inline int eagerly_put_am_send(PyObject *type, sendfunc send) {
        ((PyTypeObject *)type)->tp_as_async->am_send = send;
        PyType_Modified((PyTypeObject *)type);
        return 0;
    }
    """
    ctypedef PySendResult (*sendfunc)(PyObject *, PyObject *, PyObject **) noexcept
    long long clock "eagerly_clock"()
    long long thread_id "eagerly_thread_id"()
    int recall_kind "eagerly_recall_kind"(object code)
    int keep_kind "eagerly_keep_kind"(object code, int kind)
    object recall_place "eagerly_recall_place"(
        object outer, object code, int lasti, object made_of, object api)
    int keep_place "eagerly_keep_place"(
        object outer, object code, int lasti, object made_of, object api, object place)
    bint is_gone "eagerly_is_gone"(object reference)
    object weak "eagerly_weak"(object task)
    bint is_set "eagerly_is_set"(object kind)
    int raise_again "eagerly_raise_again"(object error)
    int put_am_send "eagerly_put_am_send"(object type, sendfunc send)


cdef enum: # as whose.Whose has them
    ASYNCIO = 1
    LIBRARY
    PROGRAM
    ENTRY
    BOUNDARY

cdef int FARTHEST
cdef long long _latest_id
cdef Thread _latest_thread
cdef object CancelledError, CoroutineType, current_task


@cython.final
cdef class Thread:
    cdef readonly object watcher
    cdef public Place place             # of the task whose step is running; at first, of the thread
    cdef long long inner                # ns of steps inside the running one
    cdef readonly Py_ssize_t alive      # tasks
    cdef readonly Py_ssize_t waiting    # of them, those that wait for a future, or were woken by it
    cdef public long long next_look     # ns, on the clock
    cdef object ended                   # a weak reference to a task that nobody waited for, or None
    cdef Place ended_at

    cdef settle(self)


@cython.final
cdef class Site:
    cdef readonly object about          # what a report says of it: see seen.About
    cdef object made_of                 # the code of the coroutines, or None
    cdef bint can_be_lost               # nobody awaits its tasks by the way they are made
    cdef readonly Py_ssize_t alive, most_alive


@cython.final
cdef class Place:
    cdef Thread thread
    cdef readonly Place outer           # where the task was made that made these; None: no task
    cdef readonly Site site
    cdef readonly dict inside           # the places where these make tasks
    cdef readonly Py_ssize_t made, begun, ended, ended_first, steps
    cdef readonly Py_ssize_t failed, cancelled, never_awaited
    cdef readonly long long first_ns, all_ns, longest_ns


@cython.final
cdef class Steps:
    cdef object __weakref__
    cdef readonly object coro
    cdef readonly Place place
    cdef bint made, begun, waits

    cdef _step_by(self, object resume, tuple given)
    cdef _enter(self)
    cdef _leave(self, long long took, Place outer, long long inner)
    cdef _suspended(self, bint waits)
    cdef _ended(self, bint cancelled, bint failed)
    cdef _can_be_lost(self)


cdef _look(Thread thread, long long now)
cdef PySendResult _am_send(PyObject* this, PyObject* value, PyObject** result) noexcept
cpdef object watch(object coro, int up=*)
cdef _count_made(Thread thread, Place place)
cpdef is_made(object watched)
cdef Thread _this_thread()
cdef int _kind_of(object code) except -1
cdef Place _place_of(Thread thread, object coro, object made_of, Frame* frame)
