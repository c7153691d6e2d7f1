"""Nothing recurses from task to task, not even on a thread with a small stack."""

from __future__ import annotations

import pytest
from helpers import python

import eagerly

LENGTH = 100_000 if eagerly.native else 20_000
DEPTH = 5_000

SMALL_STACK = 512 if eagerly.native else 8192
"""KiB.  Interpreted, groups are freed by CPython, which counts on more up to 3.13."""


@pytest.mark.parametrize("then", ["wake", "fail", "cancel", "free"])
def test_a_long_chain_of_tasks_that_await_one_another(then, tmp_path):
    assert_runs(tmp_path, "tasks", then, LENGTH, 512)


@pytest.mark.parametrize("then", ["wake", "fail", "free"])
def test_a_deep_nest_of_gathers(then, tmp_path):
    # Not "cancel": that is a RecursionError, as in asyncio.
    assert_runs(tmp_path, "gathers", then, DEPTH, 512)


@pytest.mark.parametrize("then", ["wake", "cancel", "free"])
def test_a_deep_nest_of_groups(then, tmp_path):
    # Not "fail": to split an ExceptionGroup that deep, as `except*` does, is CPython's recursion.
    assert_runs(tmp_path, "groups", then, DEPTH, SMALL_STACK)


def assert_runs(tmp_path, of_what, then, n, stack):
    program = tmp_path / "chain.py"
    program.write_text(CHAIN)
    finished = python(program, of_what, then, str(n), str(stack))
    assert (finished.stdout, finished.returncode) == ("fine\n", 0), finished.stderr[-2000:]


CHAIN = """
import asyncio, gc, sys, threading
import eagerly

async def waits_for(awaitable):
    return await awaitable

async def in_a_group(gate, n):
    if n == 0:
        return await gate
    async with eagerly.TaskGroup() as group:
        task = group.create_task(in_a_group(gate, n - 1))
    return task.result()

def make(of_what, gate, n):
    if of_what == "groups":
        return eagerly.create_task(in_a_group(gate, n))
    last = gate
    for _ in range(n):
        last = eagerly.create_task(waits_for(last)) if of_what == "tasks" else eagerly.gather(last)
    return last

async def chain(of_what, then, n):
    gate = asyncio.get_running_loop().create_future()
    task = make(of_what, gate, n)
    for _ in range(n // 50 + 3):
        await asyncio.sleep(0)  # of very many eager starts, and of nested ones, some are put off
    if then == "wake":
        gate.set_result("woken")
    if then == "fail":
        gate.set_exception(ValueError("failed"))
    if then == "cancel":
        task.cancel()
    if then == "free":
        return
    try:
        await task
    except asyncio.CancelledError:
        assert then == "cancel" and task.cancelled()
    except ValueError:
        assert then == "fail"
    else:
        assert then == "wake"

def main(of_what, then, n):
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, report: None)
    loop.run_until_complete(chain(of_what, then, n))
    loop.close()
    del loop
    gc.collect()
    print("fine")

of_what, then, n, stack = sys.argv[1:]
threading.stack_size(int(stack) * 1024)
thread = threading.Thread(target=main, args=(of_what, then, int(n)))
thread.start()
thread.join()
"""
