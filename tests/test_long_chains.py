"""Nothing recurses from task to task, not even on a thread with a small stack."""

from __future__ import annotations

import pytest
from helpers import python

import eagerly

LENGTH = 100_000 if eagerly.native else 20_000


@pytest.mark.parametrize("then", ["wake", "cancel", "free"])
def test_a_long_chain_of_tasks_that_await_one_another(then, tmp_path):
    program = tmp_path / "chain.py"
    program.write_text(CHAIN)
    finished = python(program, then, str(LENGTH))
    assert (finished.stdout, finished.returncode) == ("fine\n", 0), finished.stderr[-2000:]


CHAIN = """
import asyncio, gc, sys, threading
import eagerly

def main():
    then, n = sys.argv[1], int(sys.argv[2])
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, report: None)

    async def waits_for(awaitable):
        return await awaitable

    async def chain():
        gate = loop.create_future()
        task = awaited = gate
        for _ in range(n):
            task = eagerly.create_task(waits_for(task))
        for _ in range(3):
            await asyncio.sleep(0)  # of very many eager starts some are put off
        if then == "wake":
            gate.set_result("woken")
            assert await task == "woken"
        elif then == "cancel":
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            assert task.cancelled()

    loop.run_until_complete(chain())
    loop.close()
    del loop, chain
    gc.collect()
    print("fine")

threading.stack_size(512 * 1024)
thread = threading.Thread(target=main)
thread.start()
thread.join()
"""
