# The C-API that the engine calls, each with the value that means "an error is set".

from cpython.object cimport PyObject


cdef extern from "Python.h":
    ctypedef enum PySendResult:
        PYGEN_RETURN
        PYGEN_ERROR
        PYGEN_NEXT

    # No `except`: the error is taken where it happened, with take_raised(), so that no
    # frame of ours enters its traceback.
    PySendResult PyIter_Send(object coro, object value, PyObject** outcome)

    PyObject* PyObject_CallMethodNoArgs(object thing, object name)

    void* PyThreadState_Get()

    object PyContext_CopyCurrent()
    int PyContext_Enter(object context) except -1
    int PyContext_Exit(object context) except -1


cdef extern from *:
    """
    /* The exception that is set, as a new reference; afterwards none is set. */
    static inline PyObject *eagerly_take_raised(void) {
    #if PY_VERSION_HEX >= 0x030C0000
        return PyErr_GetRaisedException();
    #else
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        PyErr_NormalizeException(&type, &value, &traceback);
        if (traceback != NULL) {
            PyException_SetTraceback(value, traceback);
            Py_DECREF(traceback);
        }
        Py_DECREF(type);
        return value;
    #endif
    }

    /* Set StopIteration(value), for an iterator; None need not be set. */
    static inline void eagerly_set_stop(PyObject *value) {
        PyObject *stop;
        if (value == Py_None)
            return;
        stop = PyObject_CallOneArg(PyExc_StopIteration, value);
        if (stop == NULL)
            return;
        PyErr_SetObject(PyExc_StopIteration, stop);
        Py_DECREF(stop);
    }

    /* Set an error, as `raise` does, but without a frame of ours. */
    static inline void eagerly_set_error(PyObject *error) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    }

    /* Throw `error` into `coro`, by its method, whose `name` is "throw". */
    static inline PySendResult eagerly_throw(PyObject *coro, PyObject *name, PyObject *error,
                                             PyObject **outcome) {
        PyObject *stop;
        *outcome = PyObject_CallMethodOneArg(coro, name, error);
        if (*outcome != NULL)
            return PYGEN_NEXT;
        if (!PyErr_ExceptionMatches(PyExc_StopIteration))
            return PYGEN_ERROR;
        stop = eagerly_take_raised();
        *outcome = ((PyStopIterationObject *)stop)->value;
        if (*outcome == NULL) /* a subclass whose __init__() does not call StopIteration's */
            *outcome = Py_None;
        Py_INCREF(*outcome);
        Py_DECREF(stop);
        return PYGEN_RETURN;
    }

    /* Send None into a coroutine that must not see the exceptions that its creator is
       handling (cpython#155575).  The empty stack of handled exceptions lies on the heap:
       a greenlet may leave the C stack in the middle of a step. */
    static inline int eagerly_is_nothing(PyObject *error) {
        return error == NULL || error == Py_None;
    }
    static inline PySendResult eagerly_send_afresh(PyObject *coro, PyObject **outcome) {
        PyThreadState *thread = PyThreadState_Get();
        _PyErr_StackItem *creator = thread->exc_info, *handled = creator, *fresh;
        PySendResult sent;
        while (eagerly_is_nothing(handled->exc_value) && handled->previous_item != NULL)
            handled = handled->previous_item;
        if (eagerly_is_nothing(handled->exc_value))
            return PyIter_Send(coro, Py_None, outcome);
        fresh = PyMem_Calloc(1, sizeof(_PyErr_StackItem));
        if (fresh == NULL) {
            PyErr_NoMemory();
            return PYGEN_ERROR;
        }
        thread->exc_info = fresh;
        sent = PyIter_Send(coro, Py_None, outcome);
        thread->exc_info = creator;
        PyMem_Free(fresh);
        return sent;
    }

    #if PY_VERSION_HEX < 0x030E0000
    /* A dict's table, as 3.11 to 3.13 have it in pycore_dict.h. */
    typedef struct {
        Py_ssize_t references;
        uint8_t log2_size, log2_index_bytes, kind; /* 0: its keys may be anything */
        uint32_t version;
        Py_ssize_t usable, length;
        char indices[]; /* and then the entries */
    } EagerlyTable;

    typedef struct { Py_hash_t hash; PyObject *key, *value; } EagerlyEntry;

    /* Where `dict` keeps the value of `key`, or NULL; only the newest entries are looked at.  The
       running loop's is there: it is new each time that a step begins which is not eager. */
    static inline PyObject **eagerly_place_of(PyObject *dict, PyObject *key) {
        EagerlyTable *table = (EagerlyTable *)((PyDictObject *)dict)->ma_keys;
        EagerlyEntry *entry, *oldest;
        if (table->kind != 0)
            return NULL;
        oldest = (EagerlyEntry *)(table->indices + ((size_t)1 << table->log2_index_bytes));
        entry = oldest + table->length;
        if (entry - oldest > 4)
            oldest = entry - 4;
        while (entry-- > oldest)
            if (entry->key == key)
                return &entry->value;
        return NULL;
    }
    #endif

    /* dict[key] = value, and what it was before, or None.  In its place, without a look-up: of
       the two exchanges of an eager start, 50 instructions instead of 590. */
    static inline PyObject *eagerly_exchange(PyObject *dict, PyObject *key, PyObject *value) {
    #if PY_VERSION_HEX < 0x030E0000
        PyObject **place = eagerly_place_of(dict, key), *before;
        if (place != NULL) {
            before = *place;
            *place = Py_NewRef(value);
            return before;
        }
        before = PyDict_GetItemWithError(dict, key);
        if (before == NULL) {
            if (PyErr_Occurred())
                return NULL;
            before = Py_None;
        }
        Py_INCREF(before);
        if (PyDict_SetItem(dict, key, value) < 0)
            Py_CLEAR(before);
        return before;
    #else
        PyErr_BadInternalCall(); /* the current task is in the thread */
        return NULL;
    #endif
    }

    /* dict.get(key), as quickly. */
    static inline PyObject *eagerly_value_in(PyObject *dict, PyObject *key) {
    #if PY_VERSION_HEX < 0x030E0000
        PyObject **place = eagerly_place_of(dict, key);
        PyObject *value = place != NULL ? *place : PyDict_GetItemWithError(dict, key);
        if (value == NULL && PyErr_Occurred())
            return NULL;
        return Py_NewRef(value == NULL ? Py_None : value);
    #else
        PyErr_BadInternalCall();
        return NULL;
    #endif
    }

    #if PY_VERSION_HEX < 0x030C0000
    /* Up to 3.11 the thread's dict holds the running loop, with the process it runs in.  It is looked
       up again when that dict has changed. */
    typedef struct { PyObject_HEAD PyObject *loop; int process; } EagerlyRunning;

    static inline PyObject *eagerly_loop_in_dict(PyObject *key, int process) {
        static PyObject *looked_in = NULL;
        static uint64_t version;
        static EagerlyRunning *running;
        PyObject *dict = PyThreadState_GetDict();
        if (dict == NULL)
            return Py_NewRef(Py_None);
        if (dict != looked_in || ((PyDictObject *)dict)->ma_version_tag != version) {
            running = (EagerlyRunning *)PyDict_GetItemWithError(dict, key);
            looked_in = dict;
            version = ((PyDictObject *)dict)->ma_version_tag;
        }
        return Py_NewRef(running == NULL || running->process != process ? Py_None : running->loop);
    }
    #else
    static inline PyObject *eagerly_loop_in_dict(PyObject *key, int process) {
        PyErr_BadInternalCall();
        return NULL;
    }
    #endif

    /* The running loop and its task stand one after the other in the state of a thread, behind what
       the header shows of it: at which word, or 0; and exchange that task, None for none, if the
       loop is the one that runs. */
    static inline Py_ssize_t eagerly_find_running(PyObject *loop, PyObject *task) {
        PyObject **words = (PyObject **)PyThreadState_Get();
        Py_ssize_t at = sizeof(PyThreadState) / sizeof(PyObject *), end = at + 32;
        for (; at < end; at++)
            if (words[at] == loop && words[at + 1] == task)
                return at;
        return 0;
    }
    static inline PyObject *eagerly_swap_running(Py_ssize_t at, PyObject *loop, PyObject *task) {
        PyObject **words = (PyObject **)PyThreadState_Get() + at, *before = words[1];
        if (words[0] != loop) {
            PyErr_Format(PyExc_RuntimeError, "loop %R is not the running loop", loop);
            return NULL;
        }
        words[1] = task == Py_None ? NULL : Py_NewRef(task);
        return before == NULL ? Py_NewRef(Py_None) : before;
    }

    static inline PyObject *eagerly_word_of_thread(Py_ssize_t at) {
        PyObject *word = ((PyObject **)PyThreadState_Get())[at];
        return Py_NewRef(word == NULL ? Py_None : word);
    }

    /* The tasks of a thread that exist are a ring, which begins in the state of the thread, soon behind
       the running loop.  Which word of a task is its link, seen from the two that were registered last,
       and at which word of the thread the ring begins: 0 if out of sight.  And to put a task into the
       ring, and out: as asyncio's functions, which a program may call, only once each. */
    typedef struct EagerlyLink { struct EagerlyLink *next, *previous; } EagerlyLink;

    static inline EagerlyLink *eagerly_link_of(PyObject *task, Py_ssize_t at) {
        return (EagerlyLink *)((PyObject **)task + at);
    }
    static inline Py_ssize_t eagerly_find_link(PyObject *first, PyObject *second) {
        Py_ssize_t at, end = Py_TYPE(first)->tp_basicsize / (Py_ssize_t)sizeof(PyObject *) - 1;
        for (at = sizeof(PyObject) / sizeof(PyObject *); at < end; at++)
            if (eagerly_link_of(first, at)->next == eagerly_link_of(second, at)
                && eagerly_link_of(second, at)->previous == eagerly_link_of(first, at))
                return at;
        return 0;
    }
    static inline Py_ssize_t eagerly_find_ring(PyObject *last, Py_ssize_t link_at, Py_ssize_t running_at) {
        PyObject **words = (PyObject **)PyThreadState_Get();
        Py_ssize_t at = running_at + 2, end = at + 8;
        for (; at < end; at++)
            if (eagerly_link_of(last, link_at)->next == (EagerlyLink *)(words + at))
                return at;
        return 0;
    }
    static inline void eagerly_enlist(PyObject *task, Py_ssize_t link_at, Py_ssize_t ring_at) {
        EagerlyLink *ring = (EagerlyLink *)((PyObject **)PyThreadState_Get() + ring_at);
        EagerlyLink *link = eagerly_link_of(task, link_at);
        if (link->next != NULL)
            return;
        link->next = ring;
        link->previous = ring->previous;
        ring->previous->next = link;
        ring->previous = link;
    }
    static inline void eagerly_delist(PyObject *task, Py_ssize_t link_at) {
        EagerlyLink *link = eagerly_link_of(task, link_at);
        if (link->next == NULL)
            return;
        link->previous->next = link->next;
        link->next->previous = link->previous;
        link->next = link->previous = NULL;
    }

    /* The function that thing.name() calls, or None where `thing` has an attribute of its own there.
       Without making a method of it: 150 instructions less. */
    int _PyObject_GetMethod(PyObject *thing, PyObject *name, PyObject **method);

    static inline PyObject *eagerly_function_of(PyObject *thing, PyObject *name) {
        PyObject *found = NULL;
        if (_PyObject_GetMethod(thing, name, &found) || found == NULL)
            return found;
        Py_DECREF(found);
        return Py_NewRef(Py_None);
    }

    /* Has `deque` that length, and `thing` at its end?  No header shows the struct, which has been the
       same since CPython 3.5; by the sequence's functions it takes 80 instructions more. */
    typedef struct {
        PyObject_VAR_HEAD
        struct { void *left; PyObject *things[64]; } *left, *right;
        Py_ssize_t left_index, right_index;
    } EagerlyDeque;

    static inline int eagerly_ends_with(PyObject *deque, Py_ssize_t length, PyObject *thing) {
        EagerlyDeque *it = (EagerlyDeque *)deque;
        return Py_SIZE(it) == length && length > 0 && it->right->things[it->right_index] == thing;
    }

    /* list[at] = value, without asking whether there is such a place. */
    static inline void eagerly_put(PyObject *list, Py_ssize_t at, PyObject *value) {
        PyObject *before = PyList_GET_ITEM(list, at);
        PyList_SET_ITEM(list, at, Py_NewRef(value));
        Py_DECREF(before);
    }

    /* time.monotonic(), without a float object. */
    static inline double eagerly_monotonic(void) {
    #if PY_VERSION_HEX >= 0x030D0000
        PyTime_t now;
        return PyTime_Monotonic(&now) < 0 ? -1 : PyTime_AsSecondsDouble(now);
    #else
        return _PyTime_AsSecondsDouble(_PyTime_GetMonotonicClock());
    #endif
    }

    /* The words of an object: where one of them refers to `wanted` (0 if none does),
       to make one refer to `value` (to nothing, for NULL), if it refers to nothing, and to nothing if
       it is `value`. */
    static inline Py_ssize_t eagerly_find_word(PyObject *object, PyObject *wanted) {
        Py_ssize_t at, size = Py_TYPE(object)->tp_basicsize / (Py_ssize_t)sizeof(PyObject *);
        for (at = sizeof(PyObject) / sizeof(PyObject *); at < size; at++)
            if (((PyObject **)object)[at] == wanted)
                return at;
        return 0;
    }
    /* In which byte two things of a kind differ first, and by which bits: place * 256 + bits, or 0. */
    static inline Py_ssize_t eagerly_find_byte(PyObject *one, PyObject *other) {
        Py_ssize_t at;
        for (at = sizeof(PyObject); at < Py_TYPE(one)->tp_basicsize; at++)
            if (((char *)one)[at] != ((char *)other)[at])
                return at * 256 + (unsigned char)(((char *)one)[at] ^ ((char *)other)[at]);
        return 0;
    }
    static inline void eagerly_set_flag(PyObject *object, Py_ssize_t at, char value) {
        ((char *)object)[at] = value;
    }
    static inline void eagerly_set_word(PyObject *object, Py_ssize_t at, PyObject *value) {
        PyObject *old = ((PyObject **)object)[at];
        Py_XINCREF(value);
        ((PyObject **)object)[at] = value;
        Py_XDECREF(old);
    }
    static inline int eagerly_fill_word(PyObject *object, Py_ssize_t at, PyObject *value) {
        if (((PyObject **)object)[at] != NULL)
            return 0;
        ((PyObject **)object)[at] = Py_NewRef(value);
        return 1;
    }
    static inline int eagerly_drop_word(PyObject *object, Py_ssize_t at, PyObject *value) {
        if (((PyObject **)object)[at] != value)
            return 0;
        eagerly_set_word(object, at, NULL);
        return 1;
    }
    """
    object take_raised "eagerly_take_raised"()
    void set_stop "eagerly_set_stop"(object value)
    void set_error "eagerly_set_error"(object error)
    PySendResult throw "eagerly_throw"(object coro, object name, object error, PyObject** outcome)
    PySendResult send_afresh "eagerly_send_afresh"(object coro, PyObject** outcome)
    object exchange "eagerly_exchange"(dict values, object key, object value)
    object value_in "eagerly_value_in"(dict values, object key)
    Py_ssize_t find_running "eagerly_find_running"(object loop, object task)
    object loop_in_dict "eagerly_loop_in_dict"(object key, int process)
    object word_of_thread "eagerly_word_of_thread"(Py_ssize_t at)
    object swap_running "eagerly_swap_running"(Py_ssize_t at, object loop, object task)
    Py_ssize_t find_link "eagerly_find_link"(object first, object second)
    Py_ssize_t find_ring "eagerly_find_ring"(object last, Py_ssize_t link_at, Py_ssize_t running_at)
    void enlist "eagerly_enlist"(object task, Py_ssize_t link_at, Py_ssize_t ring_at)
    void delist "eagerly_delist"(object task, Py_ssize_t link_at)
    object function_of "eagerly_function_of"(object thing, object name)
    bint ends_with "eagerly_ends_with"(object deque, Py_ssize_t length, object thing)
    void put "eagerly_put"(list things, Py_ssize_t at, object thing)
    double monotonic "eagerly_monotonic"() except -1
    Py_ssize_t find_word "eagerly_find_word"(object thing, object wanted)
    Py_ssize_t find_byte "eagerly_find_byte"(object one, object other)
    void set_flag "eagerly_set_flag"(object thing, Py_ssize_t at, char value)
    void set_word "eagerly_set_word"(object thing, Py_ssize_t at, PyObject* value)
    bint fill_word "eagerly_fill_word"(object thing, Py_ssize_t at, object value)
    bint drop_word "eagerly_drop_word"(object thing, Py_ssize_t at, object value)
