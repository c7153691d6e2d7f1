"""TaskGroup: wait for all the tasks that were made in a block, and let none outlive it."""

from __future__ import annotations

from asyncio import CancelledError, sleep

from eagerly.groups._group import Group


class TaskGroup(Group):
    """A block that waits for its tasks, and cancels them when one fails.

    An error of a child, other than CancelledError, cancels the other children and the body; when
    all have ended, the errors are raised together as an ExceptionGroup.

    As asyncio's of 3.15, but its tasks start eagerly unless ``eager_start=False``, and a group
    whose children have all ended in their first step is left without suspending: there asyncio
    suspends once, since 3.14.

    >>> import asyncio, eagerly
    >>> async def double(x):
    ...     return 2 * x
    >>> async def main():
    ...     async with eagerly.TaskGroup() as group:
    ...         tasks = [group.create_task(double(x)) for x in range(3)]
    ...     return [task.result() for task in tasks]
    >>> eagerly.run(main())
    [0, 2, 4]
    """

    __slots__ = ()  # a dict would make create_task slower to look up

    async def __aenter__(self) -> TaskGroup:
        self._enter()
        return self

    async def _aexit(self, error: BaseException | None, pause: bool) -> bool:
        cancelled = latest = errors = completion = None
        try:
            self._begin_exit(error)
            # The cancellation to pass on, if no child failed.
            cancelled = error if isinstance(error, CancelledError) else None
            while (completion := self._completion()) is not None or pause:
                try:
                    await (sleep(0) if completion is None else completion)
                except CancelledError as raised:
                    #     async with TaskGroup() as group:   # the parent waits in __aexit__,
                    #         group.create_task(long())      # <- not for this, but for us:
                    #                                        # the children are cancelled too
                    latest = raised
                    if self._cancelled_from_outside():
                        cancelled = raised
                pause = False

            if self._parent_cancel_requested:
                # Our own cancel() of the parent is taken back.  What is then left came from
                # outside, and is passed on even if it came as we were shutting down (gh-155433).
                if self._parent_task.uncancel() == 0:
                    cancelled = None
                elif cancelled is None:
                    cancelled = latest
            if self._base_error is not None:
                raise self._base_error
            if cancelled is not None and not self._errors:
                raise cancelled

            errors = self._errors or []
            if error is not None and not isinstance(error, CancelledError):
                errors.append(error)
            if not errors:
                return True
            if self._parent_task.cancelling():
                # Delivered to us, and lost in the group of errors: have it delivered once more.
                self._parent_task.uncancel()
                self._parent_task.cancel()
            if isinstance(error, GeneratorExit) and len(errors) == 1:
                raise error  # gh-135736
            raise BaseExceptionGroup("unhandled errors in a TaskGroup", errors) from None
        finally:
            # What is raised has this frame in its traceback: refer to neither it nor the parent.
            self._left()
            error = cancelled = latest = errors = completion = None

    # What shows stacks shows it by the name that people know.
    _aexit.__code__ = _aexit.__code__.replace(
        co_name="__aexit__", co_qualname="TaskGroup.__aexit__"
    )
    _aexit.__name__, _aexit.__qualname__ = "__aexit__", "TaskGroup.__aexit__"
