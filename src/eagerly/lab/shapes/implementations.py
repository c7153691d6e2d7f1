"""Who is measured: the names of the rows, and what each needs and has.

This is read by the command, on an interpreter that may have none of them: it imports nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

ASYNCIO = "asyncio"
NURSERY = "nursery"
AWAIT = "await"

TASKS = frozenset({"TaskGroup", "gather", "create_task", "current_task", "Barrier"})
MORE = TASKS | {"lazy start", "before and after", "Runner of its own"}


@dataclass(frozen=True)
class Implementation:
    """One row of a table."""

    name: str
    speaks: str  # ASYNCIO, NURSERY, or AWAIT: the floor
    module: str
    loop: str = "asyncio"  # or uvloop
    eager: bool = False  # sets a factory of asyncio's eager tasks
    python: tuple[int, int] = (3, 11)  # the first that has it
    has: frozenset[str] = frozenset()

    @property
    def modules(self) -> tuple[str, ...]:
        """What has to be installed."""
        return (self.module, self.loop)

    @property
    def is_ours(self) -> bool:
        return self.module == "eagerly"

    @property
    def is_asyncio(self) -> bool:
        """One of the rows of which the faster is "asyncio's best"."""
        return self.module == "asyncio" and self.speaks == ASYNCIO


FLOOR = Implementation("await", AWAIT, "asyncio")

IMPLEMENTATIONS = (
    FLOOR,
    Implementation("asyncio", ASYNCIO, "asyncio", has=MORE),
    Implementation("asyncio eager", ASYNCIO, "asyncio", eager=True, python=(3, 12), has=TASKS),
    Implementation("asyncio uvloop", ASYNCIO, "asyncio", "uvloop", has=MORE),
    Implementation(
        "asyncio eager uvloop", ASYNCIO, "asyncio", "uvloop", True, python=(3, 12), has=TASKS
    ),
    Implementation("anyio", NURSERY, "anyio"),
    Implementation("trio", NURSERY, "trio"),
    Implementation("aiotools", ASYNCIO, "aiotools", has=frozenset({"TaskGroup", "lazy start"})),
    Implementation("eagerly", ASYNCIO, "eagerly", has=MORE),
    Implementation("eagerly uvloop", ASYNCIO, "eagerly", "uvloop", has=MORE),
)

BY_NAME = {each.name: each for each in IMPLEMENTATIONS}

# What an environment is given, where the index has it for that interpreter.
OPTIONAL = ("uvloop", "anyio", "trio", "aiotools")
