"""What ``import cython`` means in an interpreted engine module: decorators that do nothing.

Cython itself is never imported at run time: it need not be installed, and importing it
takes half as long as importing asyncio.  Only what the engine uses is here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

compiled = False


def _unchanged(thing: Any) -> Any:
    return thing


def _decorator(*_args: Any, **_kwargs: Any) -> Any:
    return _unchanged


cclass = cfunc = ccall = final = inline = _unchanged
binding = nonecheck = exceptval = returns = locals = freelist = auto_pickle = _decorator

bint = bool
Py_ssize_t = longlong = int
double = float


def declare(_type: Any = None, value: Any = None, **_types: Any) -> Any:
    """A C variable is a Python variable: ``n = declare(Py_ssize_t, 0)`` is ``n = 0``."""
    return value


def cast(_type: Any, thing: Any, **_options: Any) -> Any:
    """A cast changes nothing."""
    return thing
