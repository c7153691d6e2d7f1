"""Watch every task of this process, from now on, and write down what was seen.

It is written when the process ends, when SIGTERM ends it, at the first step, and then within a
second after a step, by a timer of its loop: of a process that is killed, the last second may be
missing, and what came before a step in which the process hung.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import json
import os
import platform
import signal
import sys
import threading
import time
import weakref
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eagerly.lab import results
from eagerly.lab.profile import names, seen, steps
from eagerly.lab.profile.whose import library_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from eagerly.lab.run_engine import Tasks

    Key = tuple[CodeType, int, Any, Any]

EVERY = 1_000_000_000  # ns from a step to its being written
FINEST = 2_000_000  # ns between two samples of the timeline, at first
MOST_SAMPLES = 2000  # of a thread; then every second one is dropped
MOST_PLACES = 5000  # then all that is new counts as made by no task
MOST_LOOKED_AT = 10_000  # tasks
LATER = " and later ones"
SHARE = 50  # of the time, that looking and writing may take: one part in so many

HOW = {
    "TaskGroup.create_task": "group",
    "Group.create_task": "group",
    "_ensure_future": "ensure_future",
    "BaseEventLoop.create_task": "create_task",
    "Runner.run": "run",
    "Runner.close": "run",
    "run_with": "run",
    "run_until_complete": "run",
    "__call__": "Task",  # of the class that stands for asyncio.Task
}
# Whoever makes tasks so may forget them; asyncio's own ways wait for theirs.
CAN_BE_LOST = {"create_task", "ensure_future", "Task", "library"}


class Watcher:
    """Finds the places, takes samples, and writes."""

    def __init__(self, file: Path, about: dict[str, Any]) -> None:
        self.file = file
        self.about = about
        self.process = os.getpid()
        self.began = time.perf_counter_ns()
        self.processor = time.process_time()
        self.due = self.began - EVERY  # when it is to be written
        self.threads: list[tuple[steps.Thread, Timeline]] = []
        self.starting = threading.Lock()
        self.places: list[steps.Place] = []
        self.sites: dict[Any, steps.Site] = {}
        self.writing = threading.Lock()
        self.kept: list[Key] = []  # so that no identity is given to another

    def new_thread(self) -> steps.Thread:
        """For the running thread; one that has ended is continued, or there would be ever more."""
        is_main = threading.current_thread() is threading.main_thread()
        with self.starting:
            for thread, timeline in self.threads:
                if timeline.has_ended() and not is_main:
                    timeline.go_on()
                    return thread
            thread = steps.Thread(self)
            thread.place = steps.Place(thread, None, steps.Site(None, None, False))
            self.threads.append((thread, Timeline(self.began)))
            return thread

    # ----------------------------------------------------------------------- places

    def place(
        self, thread: steps.Thread, key: Key, found: FrameType, maker: FrameType | None, coro: Any
    ) -> steps.Place:
        outer = thread.place
        code, lasti, made_of, api = key
        identity = (id(code), lasti, id(made_of), id(api))
        place: steps.Place | None = outer.inside.get(identity)
        if place is None:
            self.kept.append(key)
            site = self._site(thread, identity, found, maker, api, coro)
            place = outer.inside[identity] = self._new_place(thread, outer, site)
        return place

    def _new_place(self, thread: steps.Thread, outer: steps.Place, site: steps.Site) -> steps.Place:
        """A new one, or the one further out with this site: recursion makes no deep tree."""
        further: steps.Place | None = outer
        while further is not None:
            if further.site is site:
                return further
            further = further.outer
        if len(self.places) >= MOST_PLACES:
            while outer.outer is not None:
                outer = outer.outer
        place = steps.Place(thread, outer, site)
        self.places.append(place)
        return place

    def _site(
        self,
        thread: steps.Thread,
        identity: Any,
        found: FrameType,
        maker: FrameType | None,
        api: CodeType | None,
        coro: Any,
    ) -> steps.Site:
        key = (id(thread), identity)
        if key not in self.sites:
            about = about_of(found, maker, api, coro)
            self.sites[key] = steps.Site(
                about, getattr(coro, "cr_code", None), about["how"] in CAN_BE_LOST
            )
        return self.sites[key]

    # ----------------------------------------------------------------------- samples, writing

    def look(self, thread: steps.Thread, now: int) -> None:
        """At the end of a step, when it is time to, or when no task is left."""
        for each, timeline in self.threads:
            if each is thread and thread.alive == 0:
                timeline.rest(now)
            elif each is thread:
                timeline.sample(thread, now)
                timeline.look_again(thread)
                self._promise(timeline, now)
        if now >= self.due + EVERY:  # at first; or the loop that promised is busy
            self._write_in_time()

    def _promise(self, timeline: Timeline, now: int) -> None:
        loop = asyncio.get_running_loop()
        if timeline.promised() is not loop:
            timeline.promised = weakref.ref(loop)
            wait = max(0, self.due - now) / 1e9
            loop.call_later(wait, self._keep_promise, timeline, context=timeline.nothing)

    def _keep_promise(self, timeline: Timeline) -> None:
        timeline.promised = _nobody
        now = time.perf_counter_ns()
        if now < self.due:  # another thread has written: maybe before the last step of this one
            self._promise(timeline, now)
        else:
            self._write_in_time()

    def _write_in_time(self) -> None:
        if not self.writing.acquire(blocking=False):
            return
        try:
            begun = time.perf_counter_ns()
            self.write()
            ended = time.perf_counter_ns()
            self.due = ended + max(EVERY, SHARE * (ended - begun))
            for thread, _ in self.threads:
                thread.next_look = 0  # the next step promises again
        finally:
            self.writing.release()

    def write(self, *, whole: bool = False) -> None:
        if os.getpid() != self.process:  # a fork
            return
        try:
            results.put(json.dumps(self.seen(whole=whole)), self.file)
        except OSError as error:
            print(f"eagerly profile: cannot write: {error}", file=sys.stderr)

    def end(self) -> None:
        """The last writing; one that is under way comes first."""
        took = self.writing.acquire(timeout=1)
        self.write(whole=True)
        if took:
            self.writing.release()

    def seen(self, *, whole: bool) -> seen.Seen:
        places = [place for place in self.places if not is_housekeeping(place.site.about)]
        numbers = {id(place): number for number, place in enumerate(places)}
        merged: dict[str, list[int]] = {}  # places by site, whatever the thread
        about: dict[str, seen.About] = {}
        for number, place in enumerate(places):
            key = json.dumps(place.site.about)
            about[key] = place.site.about
            merged.setdefault(key, []).append(number)
        site_of = {number: at for at, group in enumerate(merged.values()) for number in group}
        rows: list[seen.Place] = [
            {
                **seen.counted(place),
                "site": site_of[number],
                "outer": numbers.get(id(place.outer)),
            }
            for number, place in enumerate(places)
        ]
        sites: list[seen.Site] = [
            {
                **seen.added_up(rows[number] for number in group),
                "about": about[key],
                "most_alive": _most_alive(places[number].site for number in group),
            }
            for key, group in merged.items()
        ]
        return {
            **self.about,  # type: ignore[typeddict-item]
            "seconds": (time.perf_counter_ns() - self.began) / 1e9,
            "processor": time.process_time() - self.processor,
            "end": {"status": 0, "whole": whole},
            "threads": [
                {"name": timeline.name, "timeline": list(timeline.samples)}
                for _, timeline in list(self.threads)
            ],
            "places": rows,
            "sites": sites,
        }


def _most_alive(sites: Any) -> int:
    once = {id(site): site for site in sites}
    return sum(site.most_alive for site in once.values())


def _nobody() -> None:
    pass


class Timeline:
    """Samples of one thread, at most so many: a longer run has them further apart."""

    def __init__(self, began: int) -> None:
        running = threading.current_thread()
        self.name = running.name
        self.thread = weakref.ref(running)
        # A timer in a task's context would keep its variables alive, and only one thread at a
        # time can be in a context.
        self.nothing = contextvars.Context()
        self.began = began
        self.every = FINEST
        self.promised: Callable[[], Any] = _nobody  # the loop that has a timer for the next writing
        self.samples: list[tuple[float, int, int, int]] = []

    def has_ended(self) -> bool:
        thread = self.thread()
        return thread is None or not thread.is_alive()

    def go_on(self) -> None:
        """With the samples of the running thread."""
        self.thread = weakref.ref(threading.current_thread())
        self.name = self.name.removesuffix(LATER) + LATER

    def sample(self, thread: steps.Thread, now: int) -> None:
        alive = thread.alive
        waiting = thread.waiting
        if alive <= MOST_LOOKED_AT:
            waiting -= _woken()
        self._keep(now, alive, max(0, alive - waiting), max(0, waiting))
        after = time.perf_counter_ns()
        thread.next_look = after + max(self.every, SHARE * (after - now))

    def rest(self, now: int) -> None:
        """Nothing is alive, or what was seen last would seem to go on until the end."""
        if self.samples and self.samples[-1][1]:
            self._keep(now, 0, 0, 0)

    def _keep(self, now: int, alive: int, ready: int, waiting: int) -> None:
        self.samples.append((round((now - self.began) / 1e9, 6), alive, ready, waiting))
        if len(self.samples) > MOST_SAMPLES:
            del self.samples[::2]
            self.every *= 2

    def look_again(self, thread: steps.Thread) -> None:
        """A step comes when tasks have woken: they are ready, and may soon wait without another."""
        wait = (thread.next_look - time.perf_counter_ns()) / 1e9
        asyncio.get_running_loop().call_later(
            wait, self._looked_again, thread, self.samples[-1], context=self.nothing
        )

    def _looked_again(self, thread: steps.Thread, last: tuple[float, int, int, int]) -> None:
        if self.samples[-1] is last:
            self.sample(thread, time.perf_counter_ns())


def _woken() -> int:
    """How many tasks of the running loop are ready because what they waited for is done."""
    count = 0
    for task in asyncio.all_tasks():
        awaited = getattr(task, "_fut_waiter", None)
        count += awaited is not None and awaited.done()
    return count


def about_of(
    found: FrameType, maker: FrameType | None, api: CodeType | None, coro: Any
) -> seen.About:
    code = found.f_code
    name = None if api is None else api.co_qualname
    how = "create_task" if name is None else name.rpartition(".")[2]
    how = HOW.get(name or how, HOW.get(how, how))
    library = None
    if maker is not None:
        how, library = "library", library_of(maker.f_code.co_filename)
    elif code is api and how != "run":  # asyncio's own, called by a loop
        how, library = "library", library_of(code.co_filename)
    return {
        "file": code.co_filename,
        "line": found.f_lineno,
        "function": code.co_qualname,
        "coroutine": getattr(coro, "__qualname__", type(coro).__qualname__),
        "how": how,
        "library": library,
    }


def is_housekeeping(about: seen.About) -> bool:
    """Of a loop that is closed by whoever runs it: no place in the program makes that."""
    name = about["coroutine"].rpartition(".")[2].lstrip("_")
    return name in {"shutdown_asyncgens", "shutdown_default_executor"}


# --------------------------------------------------------------------------- begin, end


def begin(file: Path, tasks: Tasks, command: list[str]) -> None:
    """Watch all loops that there are and will be."""
    watcher = Watcher(
        file,
        {
            "command": command,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "engine": tasks.engine,
            "uvloop": tasks.uvloop,
            "native": not (steps.__file__ or "").endswith(".py"),
        },
    )
    names.put_in_place(watcher)
    atexit.register(watcher.end)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda number, _frame: _end(watcher, number))


def _end(watcher: Watcher, number: int) -> None:
    watcher.end()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
