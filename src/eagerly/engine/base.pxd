# The C asyncio.Task as a base class.  Its struct is opaque: only its size is known, from
# the interpreter that builds (setup.py passes it as TASK_SIZE).

cdef extern from *:
    """
    #ifndef EAGERLY_BASE_TASK
    #define EAGERLY_BASE_TASK
    typedef struct { PyObject_HEAD char opaque[TASK_SIZE - sizeof(PyObject)]; } EagerlyBaseTask;
    typedef unsigned char eagerly_flag;
    #endif
    """
    ctypedef class _asyncio.Task [object EagerlyBaseTask, check_size ignore]:
        pass

    ctypedef bint flag "eagerly_flag"       # of one byte: a million tasks have seven each

    const int TASK_SIZE
