"""The bookkeeping of a group: its children, their errors, and who owes an uncancel."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Coroutine
from types import TracebackType

import cython

from eagerly.engine import outcome, registry
from eagerly.engine.outcome import Keeper
from eagerly.engine.task import Task, new_task, queue_of
from eagerly.groups.factory import ask_loop, makes_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")


class Nothing:
    """To await it takes no time."""

    def __await__(self) -> Any:
        return _no_steps


_nothing = Nothing()
_no_steps = iter(())


class Group(Keeper):
    """Everything of a TaskGroup but its ``async with``."""

    def __init__(self) -> None:
        self._queue: Any = None
        self._thread = 0
        self._makes_ours = True
        self._entered = False
        self._exiting = False
        self._aborting = False
        self._parent_cancel_requested = False
        self._cancel_on_enter = False
        self._parent_task: Any = None
        self._children: Any = None  # or a list
        self._others: Any = None  # or a set
        self._running = 0
        self._errors: Any = None  # or a list
        self._base_error: BaseException | None = None
        self._on_completed_fut: Any = None

    def __repr__(self) -> str:
        info = [""]
        if self._has_tasks():
            info.append(f"tasks={len(self._tasks)}")
        if self._errors:
            info.append(f"errors={len(self._errors)}")
        if self._aborting:
            info.append("cancelling")
        elif self._entered:
            info.append("entered")
        return f"<TaskGroup{' '.join(info)}>"

    # ----------------------------------------------------------------------- children

    def create_task(
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: object = None,
        context: contextvars.Context | None = None,
        eager_start: bool | None = None,
    ) -> asyncio.Task[T]:
        """Start *coro* as a child of this group, now, and return its task.

        As ``eagerly.create_task``.  A child that succeeds before it first suspends leaves nothing
        behind; one that fails there aborts the group at the loop's next turn, not inside this
        call.  RuntimeError, and *coro* is closed: the group has not been entered, is shutting
        down or is finished.
        """
        if not self._entered or self._exiting or self._aborting:
            self._check_open(coro)
        if not self._makes_ours:
            return self._adopt_foreign(
                ask_loop(self._queue.loop, coro, name, context, eager_start, {})
            )
        task = new_task(self._queue, coro, name, context)
        if registry.in_thread:
            registry.add_first_edge(task, self._parent_task)
        try:
            if registry.this_thread() != self._thread:
                task._schedule_from_elsewhere()
            elif eager_start is None or eager_start:
                task._start(context is not None)
                if task._status == outcome.FINISHED or task._status == outcome.CANCELLED:
                    if registry.in_thread:
                        registry.discard_first_edge(task, self._parent_task)
                    return task
            else:
                task._start_later()
            self._adopt(task)
            return task
        finally:
            task = None  # type: ignore[assignment]  # see Driver._step

    def _check_open(self, coro: Any) -> None:
        if not self._entered:
            why = "has not been entered"
        elif self._exiting and not self._has_tasks():
            why = "is finished"
        elif self._aborting:
            why = "is shutting down"
        else:
            return
        coro.close()
        raise RuntimeError(f"TaskGroup {self!r} {why}")

    def _adopt(self, task: Task) -> None:
        """*task* is pending, or failed in its first step."""
        if self._children is None:
            self._children = []
        task._sibling = len(self._children)
        self._children.append(task)
        task._be_kept_by(self)
        if not task._is_pending():
            # Not now: the abort would cancel the body by its own call (gh-128550, gh-128588).
            self._queue.add(task)
            return
        self._running += 1
        if self._aborting:  # it cancelled the group before it suspended (gh-155418)
            task.cancel()

    def _adopt_foreign(self, task: Any) -> Any:
        """*task* was made by the loop, as somebody else has it made."""
        registry.add_edge(task, self._parent_task)
        if type(task) is Task and cython.cast(Task, task)._can_have_keeper(self._queue):
            self._adopt(task)
            return task
        if self._others is None:
            self._others = set()
        self._others.add(task)
        task.add_done_callback(self._other_done)
        if self._aborting and not task.done():
            task.cancel()
        return task

    def child_ended(self, child: Any) -> None:
        """Inside the child's last step; in asyncio the group hears of it one turn later.

        While others run on, only an error makes a difference there.
        """
        task = cython.cast(Task, child)
        self._running -= 1
        if task._status != outcome.FAILED and self._running > 0:
            task._keeper = None
            self._forget(task)
        else:
            task._keeper_is_due()

    def child_due(self, child: Any) -> None:
        self._forget(child)
        self._on_task_done(child)

    def takes_over(self, error: BaseException) -> bool:
        """It is raised in the parent, when the other children have ended (cpython#102572).

        But Ctrl-C that interrupts this, as the second one does, ends the program now.
        """
        if self._parent_task is None or self._parent_task.done():
            return False
        return not (self._aborting and isinstance(error, KeyboardInterrupt))

    def _forget(self, task: Any) -> None:
        """A child of ours has ended: the last one takes its place (a set took 340 instructions)."""
        place = cython.declare(cython.Py_ssize_t, cython.cast(Task, task)._sibling)
        last = self._children.pop()
        if last is not task:
            self._children[place] = last
            cython.cast(Task, last)._sibling = place
        registry.discard_edge(task, self._parent_task)

    def _other_done(self, task: Any) -> None:
        self._others.discard(task)
        registry.discard_edge(task, self._parent_task)
        self._on_task_done(task)

    def _has_tasks(self) -> bool:
        """Is there a child that has not ended, or not told us so yet?"""
        return bool(self._children or self._others)

    @property
    def _tasks(self) -> set[Any]:
        return {*(self._children or ()), *(self._others or ())}

    def _on_task_done(self, task: Any) -> None:
        waiter = self._on_completed_fut
        if waiter is not None and not self._has_tasks() and not waiter.done():
            waiter.set_result(True)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._child_failed(task, error)

    def _child_failed(self, task: Any, error: BaseException) -> None:
        if self._errors is None:
            self._errors = []
        self._errors.append(error)
        if self._base_error is None and isinstance(error, (SystemExit, KeyboardInterrupt)):
            self._base_error = error
        parent = self._parent_task
        if parent is None or parent.done():
            self._queue.loop.call_exception_handler(
                {
                    "message": f"Task {task!r} has errored out but its parent "
                    f"task {parent} is already completed",
                    "exception": error,
                    "task": task,
                }
            )
            return
        if not self._aborting and not self._parent_cancel_requested:
            # If the parent runs
            #
            #     async with TaskGroup() as group:
            #         group.create_task(fails())
            #         await something()      # <- it is cancelled here,
            #     await something_else()     # <- and must not be here
            #
            # the cancellation is ours, and __aexit__ gives it back by uncancel().
            self._abort()
            self._parent_cancel_requested = True
            parent.cancel()

    # ----------------------------------------------------------------------- abort

    def cancel(self) -> None:
        """End the group early: cancel its children and its body, and leave without an error.

        Before the group is entered: as soon as it is.  After it has ended: nothing.  It may be
        called often.  In asyncio since 3.15.
        """
        if not self._entered:
            self._cancel_on_enter = True
            return
        if self._aborting or (self._exiting and not self._has_tasks()):
            return
        self._abort()
        if self._parent_task is not None and not self._parent_cancel_requested:
            self._parent_cancel_requested = True
            self._parent_task.cancel()

    def _abort(self) -> None:
        self._aborting = True
        # A copy: cancel() may run a program's code, which may end a child.
        for task in [*(self._children or ()), *(self._others or ())]:
            if not isinstance(task, Task):
                if not task.done():
                    task.cancel()
            elif cython.cast(Task, task)._is_pending():
                # What it was given, a connection perhaps, it shall be able to close.
                cython.cast(Task, task)._begin_first()  # cpython#116048
                task.cancel()

    # ----------------------------------------------------------------------- for `async with`

    def _enter(self) -> None:
        if self._entered:
            raise RuntimeError(f"TaskGroup {self!r} has already been entered")
        loop = registry.needed_loop()
        self._queue = queue_of(loop)
        self._thread = registry.this_thread()
        self._parent_task = registry.task_of(loop)
        if self._parent_task is None:
            raise RuntimeError(f"TaskGroup {self!r} cannot determine the parent task")
        self._makes_ours = makes_ours(self._queue)
        self._entered = True
        if self._cancel_on_enter:
            self.cancel()

    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> Awaitable[bool | None]:
        if not self._entered:
            raise RuntimeError(f"TaskGroup {self!r} has not been entered")
        # Most groups have nothing to wait for, and nothing to raise.
        waits = self._has_tasks()
        pause = not waits and self._must_pause()
        if pause or error is not None or waits or self._errors:
            return self._aexit(error, pause)
        if self._parent_cancel_requested:
            return self._aexit(error, pause)
        self._exiting = True
        self._parent_task = None  # all that _left() has to let go of
        return _nothing

    def _aexit(self, error: BaseException | None, pause: bool) -> Awaitable[bool | None]:
        raise NotImplementedError  # it is TaskGroup's

    def _must_pause(self) -> bool:
        # In a first step more than one task would suspend: the one that makes it goes on.
        queue = self._queue
        return queue.must_pause(True) if queue.depth == 0 else queue.must_pause_inside()

    def _begin_exit(self, error: BaseException | None) -> None:
        self._exiting = True
        if self._base_error is None and isinstance(error, (SystemExit, KeyboardInterrupt)):
            self._base_error = error
        if error is not None and not self._aborting:
            self._abort()

    def _completion(self) -> Any:
        """What to wait for while there are children; None when there are none."""
        if not self._has_tasks():
            return None
        if self._on_completed_fut is None or self._on_completed_fut.done():
            self._on_completed_fut = self._queue.loop.create_future()
        return self._on_completed_fut

    def _cancelled_from_outside(self) -> bool:
        """The wait was cancelled: is it news to us?  Then the children are cancelled too."""
        if self._aborting:
            return False
        self._abort()
        return True

    def _left(self) -> None:
        """Let go of everything that could be part of a reference cycle."""
        self._parent_task = None
        self._errors = None
        self._base_error = None
        self._on_completed_fut = None
