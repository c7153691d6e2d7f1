"""Whose tasks a program gets that knows nothing of eagerly: chosen once, before it runs."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import warnings
from dataclasses import dataclass
from typing import Any

import eagerly
from eagerly.lab.problems import Problem

ASYNCIO, ASYNCIO_EAGER, LAZY, EAGER = "asyncio", "asyncio-eager", "eagerly-lazy", "eagerly"

ENGINES = {
    ASYNCIO: "as the program is",
    ASYNCIO_EAGER: "asyncio's eager task factory on every loop (Python 3.12 or newer)",
    LAZY: "eagerly's tasks, started when asyncio would",
    EAGER: "eagerly's tasks, started at once",
}


@dataclass(frozen=True)
class Tasks:
    """Whose tasks, on whose loop."""

    engine: str
    uvloop: bool

    @property
    def name(self) -> str:
        return self.engine + (" uvloop" if self.uvloop else "")

    def why_not(self) -> str | None:
        """Why they cannot be had here, and what to do; None if they can."""
        if self.engine == ASYNCIO_EAGER and sys.version_info < (3, 12):
            return "needs Python 3.12, and this is " + sys.version.split()[0]
        if self.uvloop and importlib.util.find_spec("uvloop") is None:
            return "needs uvloop: pip install uvloop"
        return None

    def check(self) -> None:
        reason = self.why_not()
        if reason is not None:
            message = f"{self.name} {reason}"
            raise Problem(message)

    def install(self) -> None:
        """For the whole process; what the program asks for itself has precedence."""
        if self.uvloop:
            _use_uvloop()
        if self.engine == ASYNCIO_EAGER:
            _start_eagerly_by_asyncio()
        elif self.engine != ASYNCIO:
            eagerly.install(eager_start=self.engine == EAGER)


def _use_uvloop() -> None:
    import uvloop

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # until 3.16 there is nothing else
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def _start_eagerly_by_asyncio() -> None:
    kinds: list[Any] = [asyncio.BaseEventLoop]
    if "uvloop" in sys.modules:
        kinds.append(sys.modules["uvloop"].Loop)
    for kind in kinds:
        _give_factory(kind)


def _give_factory(kind: Any) -> None:
    theirs = kind.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        theirs(self, *args, **kwargs)
        self.set_task_factory(_asyncio_eager)

    kind.__init__ = __init__


def _asyncio_eager(loop: Any, coro: Any, *, eager_start: Any = None, **kwargs: Any) -> Any:
    """As asyncio's own; but that takes uvloop's eager_start=None for a no."""
    since_3_12: Any = asyncio.Task
    eager = eager_start is None or eager_start
    return since_3_12(coro, loop=loop, eager_start=eager and loop.is_running(), **kwargs)
