"""What a profile sees: programs that are known, and every number of them."""

import asyncio
import functools
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

import eagerly
from eagerly.lab.profile.child import command
from eagerly.lab.run_engine import ENGINES, Tasks
from eagerly.lab.run_program import Program

PROGRAM = """
import asyncio
import time

async def nothing(): pass
async def waits(n=1):
    for _ in range(n):
        await asyncio.sleep(0)
async def fails():
    await asyncio.sleep(0)
    raise ValueError
async def blocks(): time.sleep(0.2)
async def forever(): await asyncio.Event().wait()

class Subclass(asyncio.Task):
    def __init__(self, coro, name):
        super().__init__(coro, name=name)

async def main():
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(nothing())  # in a group
        for _ in range(3):
            group.create_task(waits(2))  # suspended
    await asyncio.gather(nothing(), fails(), return_exceptions=True)  # gathered
    await asyncio.ensure_future(blocks())  # ensured
    asyncio.create_task(waits())  # lost
    asyncio.create_task(fails())  # failed and lost
    kept = asyncio.create_task(waits())  # kept
    await waits(5)
    await kept
    endless = asyncio.create_task(forever())  # cancelled
    await asyncio.sleep(0)
    endless.cancel()
    await asyncio.wait([endless])
    await asyncio.Task(nothing(), loop=asyncio.get_running_loop())  # constructed
    await Subclass(nothing(), name="x")  # of a subclass

asyncio.run(main())  # run
"""

ALL = [
    pytest.param(engine, marks=pytest.mark.skipif(
        engine == "asyncio-eager" and sys.version_info < (3, 12), reason="asyncio since 3.12"))
    for engine in ENGINES
]  # fmt: skip

BOTH_LOOPS = [False, pytest.param(True, marks=pytest.mark.skipif(
    find_spec("uvloop") is None, reason="uvloop is not installed"))]  # fmt: skip


@pytest.fixture
def profiled(tmp_path):
    """The sites of a program by the comment behind their line; and how its process ended."""

    def profiled(program, engine="asyncio", uvloop=False, check=True):
        return run(tmp_path, program, Tasks(engine, uvloop), check)

    return profiled


@pytest.fixture(scope="module")
def sites_of_program(tmp_path_factory):
    """Those of PROGRAM, which runs once with each kind of tasks."""

    @functools.cache
    def sites(engine, uvloop=False):
        folder = tmp_path_factory.mktemp("profile")
        return run(folder, PROGRAM, Tasks(engine, uvloop), check=True).sites

    return sites


def run(folder, program, tasks, check):
    (folder / "app.py").write_text(program)
    file = folder / "seen.json"
    words = command(file, "watch", tasks, Program("app.py", [], False))
    ended = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False,
        timeout=240,
    )  # fmt: skip
    if check:
        assert (ended.returncode, ended.stderr) == (0, "")
    ended.seen = json.loads(file.read_text())
    ended.sites = by_comment(ended.seen, program)
    return ended


def by_comment(seen, program):
    sites = {}
    for site in seen["sites"]:
        if not site["about"]["file"].endswith("app.py"):
            continue
        line = program.splitlines()[site["about"]["line"] - 1]
        sites.setdefault(line.partition("# ")[2], []).append(site)
    return sites


def only(site, *names):
    [site] = site
    return [site["about"].get(name, site.get(name)) for name in names]


# ------------------------------------------------------------------ what is counted


@pytest.mark.parametrize("uvloop", BOTH_LOOPS)
@pytest.mark.parametrize("engine", ALL)
def test_how_tasks_are_made_and_by_which_line_and_of_what(sites_of_program, engine, uvloop):
    sites = sites_of_program(engine, uvloop)

    assert only(sites["in a group"], "how", "coroutine", "made") == ["group", "nothing", 5]
    assert only(sites["suspended"], "how", "coroutine", "made") == ["group", "waits", 3]
    assert only(sites["ensured"], "how", "coroutine", "made") == ["ensure_future", "blocks", 1]
    assert only(sites["lost"], "how", "function", "made") == ["create_task", "main", 1]
    assert only(sites["constructed"], "how", "made") == ["Task", 1]
    assert only(sites["of a subclass"], "how", "coroutine", "made") == ["Task", "nothing", 1]
    assert {(each["about"]["coroutine"], each["about"]["how"]) for each in sites["gathered"]} == {
        ("nothing", "gather"),
        ("fails", "gather"),
    }
    assert {each["about"]["how"] for each in sites["run"]} == {"run"}


@pytest.mark.parametrize("engine", ALL)
def test_what_becomes_of_them(sites_of_program, engine):
    sites = sites_of_program(engine)
    counts = ("begun", "ended", "ended_first", "steps", "failed", "cancelled")

    assert only(sites["in a group"], *counts) == [5, 5, 5, 5, 0, 0]
    assert only(sites["suspended"], *counts) == [3, 3, 0, 9, 0, 0]
    assert only(sites["cancelled"], *counts) == [1, 1, 0, 2, 0, 1]
    assert sum(each["failed"] for each in sites["gathered"]) == 1


@pytest.mark.parametrize("engine", ALL)
def test_which_are_never_awaited(sites_of_program, engine):
    sites = sites_of_program(engine)
    lost = {comment: sum(each["never_awaited"] for each in at) for comment, at in sites.items()}

    assert {comment for comment, number in lost.items() if number} == {"lost", "failed and lost"}


def test_how_many_are_alive_at_once(sites_of_program):
    lazily, eagerly = (sites_of_program(engine) for engine in ("asyncio", "eagerly"))

    assert only(lazily["in a group"], "most_alive") == [5]
    assert only(eagerly["in a group"], "most_alive") == [1]
    assert only(eagerly["suspended"], "most_alive") == [3]


@pytest.mark.parametrize("engine", ["asyncio", "eagerly"])
def test_the_time_of_steps_and_the_longest_one(sites_of_program, engine):
    sites = sites_of_program(engine)
    first, all_of_them, longest = only(sites["ensured"], "first_seconds", "seconds", "longest")

    assert 0.2 <= first == all_of_them == longest
    main = next(each for each in sites["run"] if each["about"]["coroutine"] == "main")
    assert main["seconds"] < first  # also where the step ran inside of one of main's


def test_the_places_are_a_tree_of_who_made_what(profiled):
    program = """
import asyncio

async def leaf(): pass

async def branch(n):
    await asyncio.gather(leaf(), *[branch(n - 1) for _ in range(n > 0)])  # branch

async def main():
    await asyncio.create_task(branch(3))  # root

asyncio.run(main())  # run
"""
    ended = profiled(program)
    places, sites = ended.seen["places"], ended.seen["sites"]

    def path(place):
        outer = [] if place["outer"] is None else path(places[place["outer"]])
        return [*outer, sites[place["site"]]["about"]["coroutine"]]

    paths = [(path(place), place["made"]) for place in places]
    assert (["main", "branch"], 1) in paths
    assert (["main", "branch", "branch"], 3) in paths  # those further in are the same place
    assert (["main", "branch", "leaf"], 1) in paths
    assert (["main", "branch", "branch", "leaf"], 3) in paths


def test_several_loops_in_several_threads_are_counted_together(profiled):
    program = """
import asyncio, threading

async def nothing(): pass

async def main():
    for _ in range(100):
        await asyncio.create_task(nothing())  # made

threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(4)]
for each in threads: each.start()
for each in threads: each.join()
for _ in range(2):
    asyncio.run(main())
"""
    ended = profiled(program)

    assert only(ended.sites["made"], "made", "ended") == [600, 600]
    assert 2 <= len(ended.seen["threads"]) <= 5


def test_threads_one_after_the_other_are_shown_as_one(profiled):
    program = """
import asyncio, threading

async def wait(): await asyncio.sleep(0)

async def main():
    await asyncio.gather(wait(), wait(), wait())  # made

for _ in range(10):
    thread = threading.Thread(target=lambda: asyncio.run(main()), name="one")
    thread.start()
    thread.join()
"""
    ended = profiled(program)

    assert only(ended.sites["made"], "made", "most_alive") == [30, 3]
    assert [each["name"] for each in ended.seen["threads"]] == ["one and later ones"]


def test_timers_of_ours_run_in_several_threads_at_once(tmp_path):
    from eagerly.lab.profile import watch

    watcher = watch.Watcher(tmp_path / "seen.json", {})
    with ThreadPoolExecutor(2) as pool:
        meet = threading.Barrier(2)

        def thread():
            meet.wait()
            watcher.new_thread()
            meet.wait()

        for each in [pool.submit(thread) for _ in range(2)]:
            each.result()
    (_, one), (_, other) = watcher.threads

    assert one.nothing.run(other.nothing.run, str, 1) == "1"  # else: "is already entered"


@pytest.mark.skipif(not eagerly.native, reason="interpreted, it is looked up each time")
def test_the_line_that_makes_a_task_is_looked_up_once(tmp_path, monkeypatch):
    from eagerly.lab.profile import steps, watch

    looked_up = []

    class Watcher(watch.Watcher):
        def place(self, *arguments):
            looked_up.append(arguments)
            return super().place(*arguments)

    def make_tasks():
        for _ in range(100):
            steps.watch(asyncio.sleep(0)).close()

    monkeypatch.setattr(steps, "watcher", Watcher(tmp_path / "seen.json", {}))
    with ThreadPoolExecutor(1) as pool:  # a thread that has not been watched
        pool.submit(make_tasks).result()

    assert len(looked_up) == 1


@pytest.mark.skipif(find_spec("anyio") is None, reason="anyio is not installed")
def test_tasks_of_a_library_are_told_by_the_line_that_calls_it(profiled):
    program = """
import anyio

async def main():
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0)  # started

anyio.run(main)
"""
    assert only(profiled(program).sites["started"], "how", "library") == ["library", "anyio"]


def test_what_starts_a_program_is_no_place_in_it(tmp_path):
    file = tmp_path / "seen.json"
    words = command(file, "watch", Tasks("asyncio", False), Program("asyncio", [], True))
    subprocess.run(
        [sys.executable, *words], cwd=tmp_path, input="await asyncio.create_task(asyncio.sleep(0))",
        text=True, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    sites = [each["about"] for each in json.loads(file.read_text())["sites"]]

    assert sites
    assert [each for each in sites if each["file"] == "<string>"] == []


@pytest.mark.parametrize("uvloop", BOTH_LOOPS)
def test_tasks_that_a_loop_has_made_are_nobodys_line(profiled, uvloop):
    program = """
import asyncio

async def serve(reader, writer):
    writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    await reader.read()
    writer.close()
    server.close()

asyncio.run(main())
"""
    sites = profiled(program, uvloop=uvloop).seen["sites"]
    [site] = [each["about"] for each in sites if each["about"]["coroutine"] == "serve"]

    assert (site["how"], site["library"]) == ("library", "asyncio")
    assert site["function"] == "StreamReaderProtocol.connection_made"


def test_a_task_made_for_another_thread_is_told_by_the_function_that_asyncio_does_it_in(profiled):
    program = """
import asyncio

async def nothing(): pass

async def main():
    loop = asyncio.get_running_loop()
    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(nothing(), loop))

asyncio.run(main())
"""
    sites = [each["about"] for each in profiled(program).seen["sites"]]
    [site] = [each for each in sites if each["coroutine"] == "nothing"]

    assert (site["how"], site["library"]) == ("library", "asyncio")
    assert site["function"] == "run_coroutine_threadsafe.<locals>.callback"


def test_its_own_modules_hide_those_of_python_that_we_have_imported(profiled, tmp_path):
    (tmp_path / "json.py").write_text("MINE = True")
    program = "import asyncio, json\nasync def main():\n    print(json.MINE)\nasyncio.run(main())"

    assert profiled(program).stdout == "True\n"


def test_the_timeline_tells_who_is_ready_and_who_is_suspended(profiled):
    program = """
import asyncio, time

async def ready():
    await asyncio.sleep(0)
async def suspended(event): await event.wait()

async def main():
    event = asyncio.Event()
    waiting = [asyncio.create_task(suspended(event)) for _ in range(20)]
    await asyncio.sleep(0.01)
    for _ in range(60):  # a busy machine is looked at less often
        due = [asyncio.create_task(ready()) for _ in range(10)]
        time.sleep(0.005)
        await asyncio.wait(due)
    event.set()
    await asyncio.wait(waiting)

asyncio.run(main())
"""
    [thread] = profiled(program).seen["threads"]

    assert all(alive == ready + waits for _, alive, ready, waits in thread["timeline"])
    assert max(waits for _, _, _, waits in thread["timeline"]) >= 20
    assert max(ready for _, _, ready, _ in thread["timeline"]) >= 9


def test_nothing_is_alive_in_the_timeline_of_a_thread_whose_loop_has_ended(profiled):
    threads = profiled("""
import asyncio, threading, time

async def waits():
    await asyncio.sleep(0.005)

async def main():
    await asyncio.gather(*[waits() for _ in range(10)])

def run():
    asyncio.run(main())

thread = threading.Thread(target=run)
thread.start()
thread.join()
asyncio.run(main())
time.sleep(0.05)
""").seen["threads"]

    assert len(threads) == 2
    assert [thread["timeline"][-1][1:] for thread in threads] == [[0, 0, 0]] * 2
    assert all(max(alive for _, alive, _, _ in thread["timeline"]) == 11 for thread in threads)


def test_the_timeline_tells_who_waits_while_the_loop_sleeps(profiled):
    seen = profiled("""
import asyncio

async def main():
    for _ in range(3):
        await asyncio.gather(*[asyncio.sleep(0.05) for _ in range(10)])

asyncio.run(main())
""").seen

    [thread] = seen["threads"]
    assert max(waits for _, _, _, waits in thread["timeline"]) == 11


OWN = """
import asyncio, eagerly
{first}

async def nothing(): pass

async def main():
    tasks = [eagerly.create_task(nothing())]  # made
    async with eagerly.TaskGroup() as group:
        tasks.append(group.create_task(nothing()))  # in a group
    again = nothing()
    await eagerly.gather(again, again)  # gathered
    of_loop = asyncio.get_running_loop().create_task(nothing())  # by the loop
    await of_loop
    print([type(task).__module__ for task in [*tasks, of_loop]])

{run}(main())
"""
OURS = "eagerly.engine.task"


@pytest.mark.parametrize("uvloop", BOTH_LOOPS)
@pytest.mark.parametrize(
    ("first", "run", "of_loop"),
    [
        ("", "asyncio.run", "_asyncio"),
        ("", "eagerly.run", OURS),
        ("eagerly.install()", "asyncio.run", OURS),
        ("eagerly.install(); eagerly.uninstall()", "asyncio.run", "_asyncio"),
    ],
)
def test_a_program_that_uses_eagerly_itself_has_the_same_tasks_and_they_are_seen(
    profiled, first, run, of_loop, uvloop
):
    ended = profiled(OWN.format(first=first, run=run), uvloop=uvloop)

    assert ended.stdout == f"{[OURS, OURS, of_loop]}\n"
    expected = {"made": "create_task", "in a group": "group", "gathered": "gather"}
    for comment, how in {**expected, "by the loop": "create_task"}.items():
        assert only(ended.sites[comment], "how", "made", "ended_first") == [how, 1, 1]


# ------------------------------------------------------------------ what the program sees


def test_a_profiled_program_does_not_see_that_it_is(profiled):
    program = """
import asyncio, inspect, traceback

async def fails():
    await asyncio.sleep(0)
    raise ValueError

async def main():
    task = asyncio.create_task(fails())
    assert asyncio.iscoroutine(task.get_coro()) and task.get_coro().__name__ == "fails"
    assert inspect.getcoroutinestate(task.get_coro()) == inspect.CORO_CREATED
    await asyncio.sleep(0)
    assert "coro=<fails() running at" in repr(task), task
    assert task.get_stack()[0].f_code is fails.__code__
    assert isinstance(task, asyncio.Task) and issubclass(type(task), asyncio.Task)
    try:
        await task
    except ValueError as error:
        print([each.name for each in traceback.extract_tb(error.__traceback__)])

asyncio.run(main())
"""
    assert profiled(program).stdout == "['main', 'fails']\n"


@pytest.mark.parametrize("engine", ["eagerly", "eagerly-lazy"])
def test_a_child_that_its_group_cancels_before_it_begins_begins_as_ever(profiled, engine):
    program = """
import asyncio

async def child():
    print("began")
    await asyncio.sleep(60)

async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(child(), eager_start=False)
        group.cancel()

asyncio.run(main())
"""
    assert profiled(program, engine).stdout == "began\n"


def test_an_interrupt_while_a_sample_is_taken_stops_the_loop():
    from eagerly.lab.profile import steps

    class Interrupted:
        def look(self, thread, now):
            raise KeyboardInterrupt

    async def main():
        thread = steps.Thread(Interrupted())
        place = steps.Place(thread, None, steps.Site(None, None, False))
        await asyncio.create_task(steps.Steps(asyncio.sleep(0), place))
        await asyncio.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())


def test_a_program_that_is_not_profiled_imports_nothing_of_it(tmp_path):
    (tmp_path / "app.py").write_text(
        "import sys; print([m for m in sys.modules if 'profile' in m])"
    )

    for words in (["-c", "import eagerly, app"], ["-m", "eagerly", "run", "app.py"]):
        said = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert said.stdout == "[]\n"


# ------------------------------------------------------------------ however it ends

UNTIL = """
import asyncio, os, signal, time

async def nothing(): pass

async def main():
    await asyncio.create_task(nothing())  # made
    await asyncio.sleep(0)
    {end}

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("1 / 0", 1),
        ("raise SystemExit(3)", 3),
        ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)", -signal.SIGTERM),
        ("signal.raise_signal(signal.SIGINT); await asyncio.sleep(60)", -signal.SIGINT),
    ],
)
@pytest.mark.usefixtures("interruptible")
def test_what_was_seen_is_written_however_the_program_ends(profiled, end, status):
    ended = profiled(UNTIL.format(end=end), check=False)

    assert ended.returncode == status
    assert ended.seen["end"]["whole"]
    assert only(ended.sites["made"], "made", "ended") == [1, 1]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_of_a_program_that_is_killed_there_is_what_was_written_last(profiled):
    ended = profiled(UNTIL.format(end="os.kill(os.getpid(), signal.SIGKILL)"), check=False)

    assert ended.returncode == -signal.SIGKILL
    assert not ended.seen["end"]["whole"]
    assert ended.seen["sites"]


IDLE = """
import asyncio, json, os, signal, threading, time

def kill_when_written():
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        if max(site["ended"] for site in json.load(open("seen.json"))["sites"]) == 20:
            break
        time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGKILL)

async def child(): await asyncio.sleep(0.01)

async def burst():
    await asyncio.wait([asyncio.create_task(child()) for _ in range(10)])  # made

async def main():
    await burst()
    threading.Thread(target=kill_when_written).start()
    await asyncio.Event().wait()

earlier = asyncio.new_event_loop()
earlier.run_until_complete(burst())
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("uvloop", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_of_a_program_that_sleeps_everything_is_written_before_it_is_killed(profiled, uvloop):
    ended = profiled(IDLE, uvloop=uvloop, check=False)

    assert ended.returncode == -signal.SIGKILL
    assert only(ended.sites["made"], "made", "ended") == [20, 20]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks")
def test_a_fork_of_the_program_writes_nothing(profiled):
    ended = profiled(
        "import asyncio, os\nasync def nothing(): pass\nasyncio.run(nothing())\n"
        "if os.fork() == 0:\n    asyncio.run(nothing())\n    raise SystemExit\n"
        "os.wait()"
    )

    assert sum(each["made"] for each in ended.seen["sites"] if each["about"]["line"] == 5) == 0
