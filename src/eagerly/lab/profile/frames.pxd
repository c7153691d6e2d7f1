# The frames that run, without objects for them: to make one for each caller of a create_task(), and
# free it again, takes longer than all else that is done to find the line that makes the task.
#
# A frame is looked at where the interpreter has it, while the function that it is of runs.

cdef extern from *:
    """
    #ifndef Py_BUILD_CORE
    #define Py_BUILD_CORE 1
    #endif
    #if PY_VERSION_HEX >= 0x030E0000
    #include "internal/pycore_interpframe.h"
    #else
    #include "internal/pycore_frame.h"
    #endif
    typedef struct _PyInterpreterFrame EagerlyFrame;

    /* Or the first of its callers that has begun, and is not the interpreter's own. */
    static inline EagerlyFrame *eagerly_begun(EagerlyFrame *frame) {
        while (frame != NULL && _PyFrame_IsIncomplete(frame))
            frame = frame->previous;
        return frame;
    }
    static inline EagerlyFrame *eagerly_back_of(EagerlyFrame *frame) {
        return eagerly_begun(frame->previous);
    }

    /* A compiled function has no frame of its own. */
    static inline EagerlyFrame *eagerly_frame_of_caller(int up) {
    #if PY_VERSION_HEX >= 0x030D0000
        EagerlyFrame *frame = eagerly_begun(PyThreadState_Get()->current_frame);
    #else
        EagerlyFrame *frame = eagerly_begun(PyThreadState_Get()->cframe->current_frame);
    #endif
        for (; frame != NULL && up > 0; up--)
            frame = eagerly_back_of(frame);
        return frame;
    }
    static inline PyObject *eagerly_code_of(EagerlyFrame *frame) {
    #if PY_VERSION_HEX >= 0x030D0000
        return Py_NewRef(_PyFrame_GetCode(frame));
    #else
        return Py_NewRef(frame->f_code);
    #endif
    }
    static inline int eagerly_lasti_of(EagerlyFrame *frame) {
        return _PyInterpreterFrame_LASTI(frame) * (int)sizeof(_Py_CODEUNIT);
    }

    /* The object of a frame that is one of the callers'. */
    static inline PyObject *eagerly_frame_at(EagerlyFrame *wanted) {
        EagerlyFrame *frame = eagerly_frame_of_caller(0);
        PyFrameObject *object = (PyFrameObject *)Py_XNewRef(PyEval_GetFrame());
        while (object != NULL && frame != wanted) {
            Py_SETREF(object, PyFrame_GetBack(object));
            frame = eagerly_back_of(frame);
        }
        return object == NULL ? Py_NewRef(Py_None) : (PyObject *)object;
    }

    static inline PyObject *eagerly_code_of_coroutine(PyObject *coro) {
    #if PY_VERSION_HEX >= 0x030C0000
        return (PyObject *)PyGen_GetCode((PyGenObject *)coro);
    #else
        return Py_NewRef(((PyCoroObject *)coro)->cr_code);
    #endif
    }
    """
    ctypedef struct Frame "EagerlyFrame"
    Frame* frame_of_caller "eagerly_frame_of_caller"(int up)
    Frame* back_of "eagerly_back_of"(Frame* frame)
    object code_of "eagerly_code_of"(Frame* frame)
    int lasti_of "eagerly_lasti_of"(Frame* frame)
    object frame_at "eagerly_frame_at"(Frame* frame)
    object code_of_coroutine "eagerly_code_of_coroutine"(object coro)
