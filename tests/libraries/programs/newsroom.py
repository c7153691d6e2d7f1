"""A newspaper on aiohttp: pages from a cache, comments, a chat, and readers who use them all."""

import asyncio
import contextlib
import json
import time
from collections import Counter, deque
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web


@dataclass
class Cache:
    """Filled once for all who ask at the same time, and refreshed in the background."""

    life: float = 0.05
    entries: dict = field(default_factory=dict)
    pending: dict = field(default_factory=dict)

    async def get(self, key):
        text, written = self.entries.get(key, ("", 0.0))
        if time.monotonic() - written < self.life:
            return text
        if key not in self.pending:
            task = self.pending[key] = asyncio.create_task(self.fill(key))
            task.add_done_callback(lambda _: self.pending.pop(key, None))
        return await asyncio.shield(self.pending[key])

    async def fill(self, key):
        if key == "missing":
            raise web.HTTPNotFound(text=key)
        if key.startswith("slow"):
            await asyncio.sleep(0.005)
        self.entries[key] = f"the story of {key}", time.monotonic()
        return self.entries[key][0]

    async def keep_fresh(self):
        while True:
            await asyncio.sleep(self.life)
            async with asyncio.TaskGroup() as group:
                for key in list(self.entries):
                    group.create_task(self.fill(key))


class Member:
    open = False

    def __init__(self, name, socket):
        self.name, self.socket = name, socket
        self.outbox = asyncio.Queue(100)
        self.open = True
        self.writer = asyncio.create_task(self.write())

    async def write(self):
        while self.open:
            await self.socket.send_json(await self.outbox.get())

    async def leave(self):
        self.open = False
        self.writer.cancel()
        await asyncio.wait([self.writer])


class Hub:
    def __init__(self):
        self.members = {}
        self.history = deque(maxlen=20)

    def say(self, **message):
        self.history.append(message)
        for member in self.members.values():
            member.outbox.put_nowait(message)

    async def serve(self, request):
        socket = web.WebSocketResponse(heartbeat=5)
        await socket.prepare(request)
        member = self.members[request.query["name"]] = Member(request.query["name"], socket)
        async for message in socket:
            match json.loads(message.data):
                case {"say": str(text)}:
                    self.say(by=member.name, text=text)
                case {"bye": True}:
                    break
        del self.members[member.name]
        await member.leave()
        return socket


CACHE, HUB = web.AppKey("cache", Cache), web.AppKey("hub", Hub)
STATS, BACKGROUND = web.AppKey("stats", Counter), web.AppKey("background", set)


@web.middleware
async def counted(request, handler):
    stats = request.app[STATS]
    stats["requests"] += 1
    request["began"] = time.perf_counter()
    try:
        return await handler(request)
    except web.HTTPException as error:
        stats[error.status] += 1
        raise
    finally:
        stats["seconds"] += time.perf_counter() - request["began"]


async def front(request):
    names = request.query["names"].split(",")
    texts = await asyncio.gather(*(request.app[CACHE].get(name) for name in names))
    request.app[STATS]["stories"] += len(texts)
    return web.json_response(texts)


async def comment(request):
    given = await request.json()
    background = request.app[BACKGROUND]
    task = asyncio.create_task(moderate(request.app, **given))
    background.add(task)
    task.add_done_callback(background.discard)
    return web.Response(status=202)


async def moderate(app, by, text):
    app[STATS]["comments"] += 1
    if "spam" not in text:
        await asyncio.sleep(0.001)
        app[HUB].say(by=by, text=text)


async def chat(request):
    return await request.app[HUB].serve(request)


async def in_the_background(app):
    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(app[CACHE].keep_fresh())
        yield
        keeper.cancel()
        await asyncio.gather(*app[BACKGROUND], return_exceptions=True)


def make_app():
    app = web.Application(middlewares=[counted])
    app[CACHE], app[HUB], app[STATS], app[BACKGROUND] = Cache(), Hub(), Counter(), set()
    app.add_routes([web.get("/", front), web.post("/comment", comment), web.get("/chat", chat)])
    app.cleanup_ctx.append(in_the_background)
    return app


class Crawler:
    def __init__(self, session, workers=3):
        self.session, self.queue = session, asyncio.Queue()
        self.seen, self.pages, self.errors = set(), {}, []
        self.workers = [asyncio.create_task(self.work()) for _ in range(workers)]

    def add(self, path):
        if path not in self.seen:
            self.seen.add(path)
            self.queue.put_nowait(path)

    async def work(self):
        while path := await self.queue.get():
            try:
                async with self.session.get(path, raise_for_status=True) as response:
                    self.pages[path] = await response.json()
            except aiohttp.ClientResponseError as error:
                self.errors.append(error.status)
            finally:
                self.queue.task_done()

    async def finish(self):
        await self.queue.join()
        for worker in self.workers:
            worker.cancel()
        await asyncio.gather(*self.workers, return_exceptions=True)


class Bot:
    greeting = None

    def __init__(self, session, name):
        self.session, self.name = session, name
        self.heard, self.heard_all = [], asyncio.Event()

    async def __aenter__(self):
        self.socket = await self.session.ws_connect(f"/chat?name={self.name}")
        self.greeting = f"hello from {self.name}"
        self.reader = asyncio.create_task(self.read())
        return self

    async def __aexit__(self, *_):
        await self.socket.send_json({"bye": True})
        await self.reader
        await self.socket.close()

    async def read(self):
        await self.socket.send_json({"say": self.greeting or "hello"})
        async for message in self.socket:
            self.heard.append(message.json())
            self.heard_all.set()


async def chatter(session, number):
    async with Bot(session, f"bot{number}") as bot, asyncio.timeout(60):
        await bot.heard_all.wait()
        return len(bot.heard) > 0


async def main():
    runner = web.AppRunner(make_app(), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    async with aiohttp.ClientSession(f"http://{host}:{port}") as session:
        crawler = Crawler(session)
        for names in ("a,b", "slow1,a", "missing", "a,b", "b,slow2,slow1"):
            crawler.add(f"/?names={names}")
        await crawler.finish()
        print(len(crawler.pages), crawler.errors)
        print(await asyncio.gather(*(chatter(session, n) for n in range(3))))
        async with asyncio.TaskGroup() as group:
            for text in ("fine", "spam", "nice"):
                group.create_task(session.post("/comment", json={"by": "me", "text": text}))
        await asyncio.sleep(0.1)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(60):
            await runner.cleanup()


asyncio.run(main())
