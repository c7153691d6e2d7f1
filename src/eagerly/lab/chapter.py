"""The programs of the chapter, in its order, and the memory that they need."""

from __future__ import annotations

from eagerly.lab.problems import Problem
from eagerly.lab.workloads import barrier, current_task, fan_out, gather, runner, task_group

WORKLOADS = (
    fan_out.WORKLOAD,
    gather.WORKLOAD,
    current_task.WORKLOAD,
    runner.WORKLOAD,
    task_group.WORKLOAD,
    barrier.WORKLOAD,
)

# The hungriest is asyncio.gather: n coroutines, tasks, handles, callbacks and names at once. Its
# peak was 810 to 900 bytes for each on CPython 3.11 to 3.15 and 1,240 on 3.8 to 3.10 (n = 300,000,
# growth of the resident set); one in eight is added, for the interpreter that we have not met.
BYTES_EACH = 1_400


def check_that_it_fits(n: int, available: int | None) -> None:
    """Refuse an n that would not fit into memory; None: nobody knows how much there is."""
    need = n * BYTES_EACH
    if available is None or need <= available:
        return
    message = (
        f"--n {n} needs about {in_words(need)} of memory, and {in_words(available)} are available: "
        f"the most is --n {max(1, available // BYTES_EACH)}"
    )
    raise Problem(message)


def in_words(size: int) -> str:
    gigabytes = size / 1e9
    return f"{gigabytes:,.0f} GB" if gigabytes >= 100 else f"{gigabytes:.1f} GB"
