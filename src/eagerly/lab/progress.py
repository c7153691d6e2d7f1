"""What a person sees while it runs: a bar on a terminal, and otherwise plain lines on stderr."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.console import RenderableType

PIPED_WIDTH = 100


class Progress(Protocol):
    """Where we are, and what is ready to be read."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def at(self, what: str) -> None: ...

    def advance(self) -> None: ...

    def show(self, ready: RenderableType) -> None: ...


class Bar:
    """For a terminal. The bar stays below what is shown, and leaves nothing when it ends."""

    def __init__(self, console: Console, steps: int) -> None:
        self._progress = RichProgress(
            SpinnerColumn(),
            BarColumn(20),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("", total=steps)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def at(self, what: str) -> None:
        self._progress.update(self._task, description=what)

    def advance(self) -> None:
        self._progress.advance(self._task)

    def show(self, ready: RenderableType) -> None:
        self._progress.console.print(ready)


class Lines:
    """For a file, a pipe or a log: nothing moves, and each step is a line on stderr."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def at(self, what: str) -> None:
        print(what, file=sys.stderr, flush=True)

    def advance(self) -> None:
        pass

    def show(self, ready: RenderableType) -> None:
        self._console.print(ready)
        self._console.file.flush()


def watch(steps: int) -> Progress:
    shown = console()
    return Bar(shown, steps) if sys.stdout.isatty() else Lines(shown)


def console() -> Console:
    """Where reports go."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    # Said outright, because rich also listens to FORCE_COLOR and the like.
    return Console(
        force_terminal=False,
        color_system=None,
        highlight=False,
        width=None if "COLUMNS" in os.environ else PIPED_WIDTH,
    )
