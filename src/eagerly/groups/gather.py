"""gather: many outcomes, one future."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from types import CoroutineType

import cython

from eagerly.engine import registry
from eagerly.engine.outcome import Keeper
from eagerly.engine.task import Task, TaskQueue, new_task, queue_of
from eagerly.groups.awaitable import outcome_of
from eagerly.groups.factory import ask_loop, makes_ours
from eagerly.groups.gathering_future import GatheringFuture

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

if cython.compiled:
    from cython.cimports.eagerly.groups.fresh import byte_at, find_state


class Gathering(Keeper):
    """Counts the children down and puts their outcomes into one future."""

    def __init__(
        self,
        queue: TaskQueue,
        size: int,
        return_exceptions: bool,
        parent: Any,
        eager_start: bool,
    ) -> None:
        self.queue = queue
        self.makes_ours = makes_ours(queue)
        self.eager_start = eager_start
        self.outer: Any = None
        self.over = False
        self.results: list[Any] = [None] * size
        self.waited: list[tuple[Any, int]] = []
        self.copies: list[tuple[int, int]] = []
        self.ended: list[Any] = []
        self.return_exceptions = return_exceptions
        self.cancel_requested = False
        self.only_ours = True
        self.left = 0
        self.running = 0
        self.parent = parent

    # ----------------------------------------------------------------------- children

    def start_all(self, arguments: tuple[Any, ...]) -> None:
        """Make children of *arguments*, or of none of them."""
        # Where an argument was seen first.  While all are coroutines, only of those that still have
        # not begun: the others are not mistaken for new ones.  (Of a million, to look each up
        # takes half the time.)
        places = cython.declare(dict, {})
        all_placed = cython.declare(cython.bint, False)
        place = cython.declare(cython.Py_ssize_t, 0)
        try:
            for argument in arguments:
                if not all_placed and not _is_fresh(argument):
                    places = _places_of(arguments[:place])
                    all_placed = True
                if places and argument in places:
                    self.copies.append((place, places[argument]))
                else:
                    self.take(argument, place)
                    if all_placed or _is_fresh(argument):
                        places[argument] = place
                place += 1
        except BaseException:
            self.give_up(arguments[:place])
            taken = {id(argument) for argument in arguments[:place]}
            for argument in arguments[place:]:
                if asyncio.iscoroutine(argument) and id(argument) not in taken:
                    argument.close()
            raise

    def take(self, argument: Any, place: int) -> None:
        """Make a child of *argument*, which was not given before."""
        if type(argument) is CoroutineType or asyncio.iscoroutine(argument):
            self.start(argument, place)
        elif asyncio.isfuture(argument):
            self.wait_for(asyncio.ensure_future(argument, loop=self.queue.loop), place)
        elif isinstance(argument, Awaitable):
            self.start(outcome_of(argument), place)
        else:
            raise TypeError(f"gather() cannot await its argument {place}: {argument!r}")

    def give_up(self, given: tuple[Any, ...]) -> None:
        """Cancel the children that we made, and leave those alone that were *given* to us."""
        theirs = {id(argument) for argument in given}
        for child, _ in self.waited:
            if id(child) in theirs:
                registry.discard_edge(child, self.parent)
                child.remove_done_callback(self.on_done)
            else:
                child.cancel()

    def start(self, coro: Any, place: int) -> None:
        """Make a child of *coro*; if it returns in its first step, that was all."""
        if not self.makes_ours:
            self.wait_for(ask_loop(self.queue.loop, coro, None, None, None, {}), place)
            return
        task = new_task(self.queue, coro, None, None)
        registry.add_first_edge(task, self.parent)
        try:
            if self.eager_start:
                task._start(False)
            elif self.parent is not None:
                task._start_later()
            else:  # the loop need not run
                task._schedule()
            if task._has_returned():
                registry.discard_first_edge(task, self.parent)
                self.results[place] = task._value
            else:
                self.adopt(task, place)
        finally:
            task = None  # type: ignore[assignment]  # see Driver._step

    def adopt(self, task: Any, place: int) -> None:
        """*task*, which we made, is pending or failed in its first step."""
        child = cython.cast(Task, task)
        child._log_destroy_pending = False  # who cannot reach it cannot have lost it
        self.waited.append((child, place))
        if child._is_pending():
            self.left += 1
            self.running += 1
            child._be_kept_by(self)
        else:
            registry.discard_first_edge(child, self.parent)
            self.ended.append(child)

    def wait_for(self, future: Any, place: int) -> None:
        """*future* is a child that we did not make."""
        pending = not future.done()  # or the loop's factory made something else
        self.waited.append((future, place))
        self.only_ours = False
        if pending:
            self.left += 1
            registry.add_edge(future, self.parent)
            future.add_done_callback(self.on_done)
        else:
            self.ended.append(future)

    def cancel(self, msg: Any) -> bool:
        """Cancel the children; False if all have ended."""
        cancelled = False
        places = {place: child for child, place in self.waited}
        again = [places[before] for _, before in self.copies if before in places]
        for child in [*places.values(), *again]:  # given twice, it is asked twice: it counts
            if child.cancel(msg=msg):
                cancelled = True
        if cancelled:
            self.cancel_requested = True
        return cancelled

    def child_ended(self, child: Any) -> None:
        """Inside the child's last step; in asyncio the outer future hears of it a turn later.

        While others run on, only an error makes a difference there.
        """
        task = cython.cast(Task, child)
        self.running -= 1
        harmless = self.return_exceptions or task._has_returned()
        if harmless and self.only_ours and self.running > 0:
            self.left -= 1
            task._keeper = None
            registry.discard_edge(task, self.parent)
        else:
            task._keeper_is_due()

    def child_due(self, child: Any) -> None:
        self.on_done(child)

    def on_done(self, child: Any) -> None:
        """One of the children has ended."""
        self.left -= 1
        registry.discard_edge(child, self.parent)
        if self.outer is not None or self.over:
            self.see(child)
        else:
            self.ended.append(child)
        if self.left == 0 and self.outer is not None:
            self.finish()

    def see(self, child: Any) -> None:
        """*child* has ended: does its error end the outer future?"""
        if self.over:
            if not child.cancelled():
                child.exception()  # it counts as retrieved
            return
        if not self.return_exceptions:
            error = _error_of(child)
            if error is not None:
                self.fail(error)

    # ----------------------------------------------------------------------- the outcome

    def settle(self, outer: Any) -> Any:
        """All children are started: look at those that have ended already."""
        self.outer = outer
        outer._gathering = self
        for child in self.ended:  # what ends while its siblings start is seen at the next turn
            self.see(child)
        self.ended = []
        if self.left == 0 and not self.over:
            self.finish()
        return outer

    def finish(self) -> None:
        self.collect()
        if self.cancel_requested:
            # Whatever return_exceptions says: bpo-32684.
            self.fail(self.cancellation())
        else:
            self.outer.set_result(self.results)
            self.let_go()

    def cancellation(self) -> BaseException:
        """The last argument's, as in asyncio: with its message, if it has one."""
        last = len(self.results) - 1
        last = dict(self.copies).get(last, last)
        for child, place in self.waited:
            if place == last:
                return child._make_cancelled_error()
        return asyncio.CancelledError()  # it ended in its first step

    def fail(self, error: BaseException) -> None:
        for child, _ in self.waited:
            registry.discard_edge(child, self.parent)  # it may outlive us: gh-157213
        if self.cancel_requested and isinstance(error, asyncio.CancelledError):
            message = error.args[0] if error.args else None
            asyncio.Future.cancel(self.outer, msg=message)  # so that cancelled() is true: bpo-40894
        else:
            self.outer.set_exception(error)
        self.let_go()

    def let_go(self) -> None:
        """The outer future is done: be no part of a cycle with it."""
        self.over = True
        self.outer._gathering = None
        self.outer = None
        self.waited = []
        self.results = []  # errors, perhaps, whose tracebacks refer to frames that refer to us

    def collect(self) -> None:
        """Put the outcomes of the children into their places."""
        for child, place in self.waited:
            if child.cancelled():
                message = child._cancel_message
                self.results[place] = asyncio.CancelledError("" if message is None else message)
            else:
                error = child.exception()
                self.results[place] = child.result() if error is None else error
        for place, before in self.copies:
            self.results[place] = self.results[before]


# --------------------------------------------------------------------------- what is new


def _places_of(arguments: tuple[Any, ...]) -> dict[Any, int]:
    """Where each argument stands first."""
    return {arguments[place]: place for place in range(len(arguments) - 1, -1, -1)}


class _Waiting:
    """What a coroutine waits for while we look at it."""

    def __await__(self) -> Generator[None]:
        yield


def _find_state() -> tuple[int, int]:
    """Where in a coroutine it stands whether it has begun, and how; 0, 0 if we cannot tell."""
    if cython.compiled:
        coros = tuple([outcome_of(_Waiting()) for _ in range(3 * 16)])
        for waits, ended in zip(coros[1::3], coros[2::3], strict=True):
            waits.send(None)
            ended.close()
        found = cython.declare(cython.Py_ssize_t, find_state(coros))
        state = byte_at(coros[0], found) if found else 0
        for coro in coros:
            coro.close()
        return found, state
    else:
        return 0, 0


_state_at, _state_of_fresh = _find_state()


def _is_fresh(thing: Any) -> bool:
    """Is *thing* a coroutine that has not begun, for certain?"""
    if cython.compiled:
        if type(thing) is not CoroutineType or _state_at == 0:
            return False
        return byte_at(thing, _state_at) == _state_of_fresh
    else:
        return False


def _error_of(child: Any) -> BaseException | None:
    if child.cancelled():
        return child._make_cancelled_error()
    return child.exception()


def gather(*coros_or_futures: Awaitable[Any], return_exceptions: bool = False) -> Any:
    """Start the coroutines, eagerly, and return a future of the list of all results, in order.

    The first exception ends the future, while the other children go on; with
    *return_exceptions* it stands in the list instead.  Cancelling the future cancels the
    children.  The same awaitable given twice is one child.  TypeError: an argument cannot be
    awaited; then what was started is cancelled and the other coroutines are closed.

    As asyncio's of 3.15, but: the coroutines start now (asyncio: with an eager task factory,
    since 3.12), and the future is done at once if they all end in their first step; a future
    that was cancelled says so by ``cancelled()`` (bpo-40894).

    >>> import asyncio, eagerly
    >>> async def double(x):
    ...     return 2 * x
    >>> async def main():
    ...     return await eagerly.gather(double(1), double(2), asyncio.sleep(0, "late"))
    >>> eagerly.run(main())
    [2, 4, 'late']
    """
    return _gather(coros_or_futures, return_exceptions, True)


def gather_lazily(*coros_or_futures: Awaitable[Any], return_exceptions: bool = False) -> Any:
    """Do as gather(), but start the coroutines at the loop's next turn."""
    return _gather(coros_or_futures, return_exceptions, False)


def _gather(awaitables: tuple[Any, ...], return_exceptions: bool, eager_start: bool) -> Any:
    running = registry.running_loop()
    loop = running or _loop_for(awaitables)
    outer = GatheringFuture(loop=loop)
    if not awaitables:
        outer.set_result([])
        return outer
    if running is not None:
        parent = registry.task_of(loop)
    else:
        parent = registry.current_task(loop) if loop.is_running() else None
    eager_start = eager_start and loop is running
    gathering = Gathering(queue_of(loop), len(awaitables), return_exceptions, parent, eager_start)
    gathering.start_all(awaitables)
    try:
        return gathering.settle(outer)
    finally:
        outer = None  # type: ignore[assignment]  # see Driver._step


def _loop_for(arguments: tuple[Any, ...]) -> asyncio.AbstractEventLoop:
    """The loop of the first argument, where none is running."""
    if arguments and asyncio.isfuture(arguments[0]):
        return arguments[0].get_loop()
    return asyncio.get_event_loop()
