"""The features of Python that the tour shows, as data.

To add one, write a program that prints its evidence, or dies with it, and the pattern by which the
evidence is known. Where eagerly has the same, the program takes it from `lib`, and is run twice:
with `import asyncio as lib` and with `import eagerly as lib` as its first line.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Feature:
    name: str
    since: tuple[int, int]
    about: str  # one sentence
    shows: str  # a regular expression, found in the evidence where the feature is there
    program: str
    eagerly: bool = False  # it takes `lib`


FEATURES = (
    Feature(
        "forgotten-import",
        (3, 12),
        "A name of the standard library that was not imported: the error says what to import.",
        r"Did you forget to import 'math'\?",
        "print(math.pi)\n",
    ),
    Feature(
        "misspelt-attribute",
        (3, 10),
        "A misspelt attribute: the error suggests the one that is there.",
        r"Did you mean:? '\.?append'",
        "[].apend(1)\n",
    ),
    Feature(
        "misspelt-import",
        (3, 12),
        "A misspelt name in `from ... import`: the error suggests the one that is there.",
        r"Did you mean: 'sleep'\?",
        "from time import slep\n",
    ),
    Feature(
        "self-suggestion",
        (3, 12),
        "An attribute used without `self.`: the error suggests it.",
        r"Did you mean: 'self\.colour'\?",
        """\
class Car:
    def __init__(self):
        self.colour = "red"

    def paint(self):
        return colour

Car().paint()
""",
    ),
    Feature(
        "import-order",
        (3, 12),
        "`import ... from ...`, the wrong way round: the error says the right one.",
        r"Did you mean to use 'from \.\.\. import \.\.\.' instead\?",
        "import path from os\n",
    ),
    Feature(
        "fstring-quotes",
        (3, 12),
        "An f-string may use its own quotes inside its braces (PEP 701).",
        r"^red, green$",
        """print(f"{", ".join(["red", "green"])}")\n""",
    ),
    Feature(
        "fstring-comments",
        (3, 12),
        "The braces of an f-string may go over lines and have comments (PEP 701).",
        r"^six: 6$",
        """\
print(f"six: {
    2 * 3  # a comment
}")
""",
    ),
    Feature(
        "fstring-backslash",
        (3, 12),
        "A backslash may stand inside the braces of an f-string (PEP 701).",
        r"^a/b$",
        """print(f"{'\\x2f'.join('ab')}")\n""",
    ),
    Feature(
        "comprehension",
        (3, 12),
        "A comprehension runs inside its function, without a frame of its own (PEP 709).",
        r"^in the frame of shown",
        """\
import sys, timeit

def shown():
    return [sys._getframe().f_code.co_name for _ in range(1)][0]

def ns(statement):
    setup = "five = range(5)\\ndef f(five):\\n    "
    names = {}
    exec(setup + statement, names)
    return min(timeit.repeat("f(five)", globals=names, number=20_000, repeat=7)) / 20_000 * 1e9

here = ns("return [x for x in five]")
print("in the frame of", shown())
print(f"{here:.0f} ns a comprehension of five")
if shown() == "shown":
    apart = ns("return (lambda five: [x for x in five])(five)")
    print(f"{apart:.0f} ns in a function of its own: {apart / here:.2f} times")
""",
    ),
    Feature(
        "type-parameters",
        (3, 12),
        "Type variables are declared in brackets, and `type` names a type (PEP 695).",
        r"^first\[T\], Pair = tuple\[T, T\]$",
        """\
def first[T](items: list[T]) -> T:
    return items[0]

type Pair[T] = tuple[T, T]
print(f"first[{first.__type_params__[0]}], {Pair} = {Pair.__value__}")
""",
    ),
    Feature(
        "perf",
        (3, 12),
        "Linux's profiler perf sees Python functions by name.",
        r"^(a real recording|the perf map file) names py::busy",
        """\
import os, shutil, subprocess, sys, sysconfig, tempfile

BUSY = '''
import os, sys, time
sys.activate_stack_trampoline("perf")
def busy():
    end = time.perf_counter() + 0.5
    while time.perf_counter() < end:
        sum(range(1000))
busy()
map_file = f"/tmp/perf-{os.getpid()}.map"
print(map_file, *[line.split()[2] for line in open(map_file) if "py::busy" in line])
'''

def recorded(folder):
    file = os.path.join(folder, "perf.data")
    record = ["perf", "record", "-g", "-F", "499", "-e", "cpu-clock:u", "-o", file,
              sys.executable, "-c", BUSY]
    done = subprocess.run(record, capture_output=True, text=True)
    if done.returncode:
        print("perf:", " ".join(done.stderr.split())[:99])
    map_file = done.stdout.partition(" ")[0]
    seen = subprocess.run(["perf", "script", "-i", file], capture_output=True, text=True).stdout
    if map_file:
        os.unlink(map_file)
    samples = [each for each in seen.split("\\n\\n") if each.strip()]
    return len(samples), sum("py::busy" in each for each in samples)

sys.activate_stack_trampoline  # or this is the error
samples = named = 0
if shutil.which("perf"):
    with tempfile.TemporaryDirectory() as folder:
        samples, named = recorded(folder)
if named:
    print(f"a real recording names py::busy in {named} of {samples} samples")
else:
    flags = sysconfig.get_config_var("CFLAGS") or ""
    without = "" if "-fno-omit-frame-pointer" in flags else ", Python not built with frame pointers"
    real = f"a real recording on this machine does not ({samples} samples{without})"
    print(real if shutil.which("perf") else "no perf on this machine to record with")
    out = subprocess.run([sys.executable, "-c", BUSY], check=True, stdout=-1, text=True).stdout
    map_file, *names = out.split()
    os.unlink(map_file)
    print("the perf map file names", names[0].partition(":/")[0])
""",
    ),
    Feature(
        "taskgroup",
        (3, 11),
        "A TaskGroup waits for all its tasks; when one fails, it cancels the others.",
        r"^ExceptionGroup \['ValueError'\], sibling cancelled$",
        """\
import asyncio, time

async def fails():
    raise ValueError

async def sibling(log):
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        log.append("cancelled")
        raise

async def ends():
    pass

async def main():
    log = []
    group = lib.TaskGroup()
    try:
        async with group:
            group.create_task(sibling(log))
            await asyncio.sleep(0)
            group.create_task(fails())
    except BaseException as error:
        kinds = [type(each).__name__ for each in error.exceptions]
        print(type(error).__name__, f"{kinds}, sibling", *log)
    took = []
    for _ in range(5):
        began = time.perf_counter()
        async with lib.TaskGroup() as group:
            for _ in range(10_000):
                group.create_task(ends())
        took.append(time.perf_counter() - began)
    print(f"{min(took) / 10_000 * 1e9:,.0f} ns a task that ends at once")

lib.run(main())
""",
        eagerly=True,
    ),
    Feature(
        "runner",
        (3, 11),
        "A Runner makes several calls in one loop and one context.",
        r"^one loop: True, one context: set by the first$",
        """\
import asyncio, contextvars, time

said = contextvars.ContextVar("said", default="nothing")

async def first():
    said.set("set by the first")
    return asyncio.get_running_loop()

async def second():
    return asyncio.get_running_loop(), said.get()

with lib.Runner() as runner:
    one = runner.run(first())
    other, what = runner.run(second())
    async def passes():
        pass

    took = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(200):
            runner.run(passes())
        took.append(time.perf_counter() - began)
print(f"one loop: {one is other}, one context: {what}")
print(f"{min(took) / 200 * 1e9:,.0f} ns a run of a coroutine that passes")
""",
        eagerly=True,
    ),
    Feature(
        "barrier",
        (3, 11),
        "A Barrier holds tasks until so many have come.",
        r"^three came, then went on: 0, 1, 2$",
        """\
import asyncio, time

async def comer(barrier, log):
    log.append("came")
    place = await barrier.wait()
    log.append("went")
    return place

async def main():
    barrier, log = lib.Barrier(3), []
    places = await lib.gather(*[comer(barrier, log) for _ in range(3)])
    assert log == ["came"] * 3 + ["went"] * 3, log
    print("three came, then went on:", ", ".join(map(str, sorted(places))))

    async def party():
        for _ in range(50):
            await barrier.wait()

    barrier, took = lib.Barrier(100), []
    for _ in range(5):
        began = time.perf_counter()
        await lib.gather(*[party() for _ in range(100)])
        took.append(time.perf_counter() - began)
    print(f"{min(took) / 5_000 * 1e9:,.0f} ns a wait, of 100 who meet 50 times")

lib.run(main())
""",
        eagerly=True,
    ),
    Feature(
        "eager-factory",
        (3, 12),
        "With an eager task factory a task starts, and may end, inside create_task.",
        r"^done inside create_task: True$",
        """\
import asyncio, time

async def ends():
    pass

async def main():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(lib.eager_task_factory)
    print("done inside create_task:", loop.create_task(ends()).done())
    took = []
    for _ in range(5):
        began = time.perf_counter()
        async with lib.TaskGroup() as group:  # the chapter's example 6.1
            for _ in range(10_000):
                group.create_task(ends())
        took.append(time.perf_counter() - began)
    print(f"{min(took) / 10_000 * 1e9:,.0f} ns a task of a group")

asyncio.run(main())
""",
        eagerly=True,
    ),
    Feature(
        "current-task",
        (3, 12),
        "current_task() is written in C.",
        r"^compiled: True$",
        """\
import asyncio, timeit, types

async def main():
    assert lib.current_task() is not None
    print("compiled:", not isinstance(lib.current_task, types.FunctionType))
    took = min(timeit.repeat(lib.current_task, number=50_000, repeat=5)) / 50_000
    print(f"{took * 1e9:.0f} ns a call")

asyncio.run(main())
""",
        eagerly=True,
    ),
)

BY_NAME = {each.name: each for each in FEATURES}
