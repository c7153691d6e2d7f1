"""A build farm on anyio, with a library that knows only asyncio."""

import asyncio
import hashlib
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.to_thread
from anyio.streams.buffered import BufferedByteReceiveStream


@dataclass
class Job:
    number: int
    source: bytes
    state: str = "new"
    digest: str = ""
    done: anyio.Event = field(default_factory=anyio.Event)


class Farm:
    def __init__(self):
        self.send, self.receive = anyio.create_memory_object_stream(5)
        self.jobs, self.counts = {}, Counter()
        self.limiter, self.lock = anyio.CapacityLimiter(2), anyio.Lock()
        self.busy = self.busiest = 0

    async def run(self, *, task_status):
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(self.work, self.receive.clone())
            task_status.started(await group.start(self.serve))

    async def work(self, receive):
        async with receive:
            async for job in receive:
                self.busy += 1
                self.busiest = max(self.busiest, self.busy)
                try:
                    with anyio.fail_after(60):
                        await self.build(job)
                    job.state = "built"
                except ValueError:
                    job.state = "failed"
                finally:
                    self.busy -= 1
                    async with self.lock:
                        self.counts[job.state] += 1
                    job.done.set()

    async def build(self, job):
        job.state = "building"
        if not job.source:
            raise ValueError(job.number)
        async with self.limiter:
            digest = await anyio.to_thread.run_sync(lambda: hashlib.sha256(job.source))
        job.digest = digest.hexdigest()
        parts = await asyncio.gather(*(self.store(job, number) for number in range(3)))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.index(job, part)) for part in parts]
        self.counts["indexed"] += sum(task.result() for task in tasks)

    async def store(self, job, number):
        if number == 1:
            await anyio.sleep(0)
        return f"{job.digest[:4]}-{number}"

    async def index(self, job, part):
        return len(part) if job.state == "building" else 0

    async def serve(self, *, task_status):
        async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
            task_status.started(listener.extra(anyio.abc.SocketAttribute.local_port))
            await listener.serve(self.answer)

    async def answer(self, stream):
        async with stream:
            reader = BufferedByteReceiveStream(stream)
            try:
                while True:
                    job = await self.submit(await reader.receive_until(b"\n", 1000))
                    await job.done.wait()
                    await stream.send(f"{job.state}\n".encode())
            except (anyio.IncompleteRead, anyio.EndOfStream):
                pass

    async def submit(self, source):
        job = self.jobs[len(self.jobs)] = Job(len(self.jobs), source)
        await self.send.send(job)
        return job


@asynccontextmanager
async def running(farm):
    async with anyio.create_task_group() as group:
        yield await group.start(farm.run)
        group.cancel_scope.cancel()


async def ask(port, sources, answers):
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        reader = BufferedByteReceiveStream(stream)
        for source in sources:
            await stream.send(source + b"\n")
            answers.append((await reader.receive_until(b"\n", 1000)).decode())


async def first_of(*functions):
    winner = None

    async def run(function):
        nonlocal winner
        winner = await function()
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for function in functions:
            group.start_soon(run, function)
    return winner


async def main():
    farm, answers = Farm(), []
    async with running(farm) as port:
        async with anyio.create_task_group() as group:
            for number in range(4):
                group.start_soon(
                    ask, port, [b"%d-%d" % (number, k) for k in range(3)] + [b""], answers
                )
        print(Counter(answers), farm.counts["indexed"])
        print(await first_of(lambda: asyncio.sleep(9, "late"), lambda: asyncio.sleep(0, "early")))


anyio.run(main)
