"""A rewritten program does what it did before, in the same order, with the same errors."""

from __future__ import annotations

import importlib.util
import io
import pickle
import sys
import traceback
import unittest
from contextlib import redirect_stdout
from textwrap import dedent
from types import ModuleType

import pytest

from eagerly.lab.hazards import rewrite, scopes
from eagerly.lab.hazards.hooks import HOOKS
from eagerly.lab.hazards.steps import Creation, Site, Step, here


@pytest.fixture(autouse=True)
def looked_at(monkeypatch):
    """Everything is read in a first step, so the hooks do all that they can."""
    monkeypatch.setattr(here, "step", Step(Creation(Site("", 0, ""), None, "")), raising=False)


def output(code):
    printed = io.StringIO()
    with redirect_stdout(printed):
        try:
            exec(code, {"__name__": "program"})
        except Exception as error:
            print("".join(traceback.format_exception(error)))
    return printed.getvalue()


def rewritten(source, path="<program>"):
    return rewrite.compiled(source, path, HOOKS)


PROGRAMS = {
    "order of evaluation": """
        class Loud:
            def __init__(self, name): vars(self)["name"] = name
            def __getattr__(self, name): print("get", self.name, name); return Loud(name)
            def __setattr__(self, name, value): print("set", self.name, name)
            def __delattr__(self, name): print("del", self.name, name)
            def __getitem__(self, key): print("get", self.name, say(key)); return Loud("item")
            def __setitem__(self, key, value): print("set", self.name, say(key))
            def __delitem__(self, key): print("del", self.name, say(key))
            def __contains__(self, key): print("in", self.name, say(key)); return True
            def __iadd__(self, other): print("+=", self.name, say(other)); return self
            def __bool__(self): print("bool", self.name); return True
            def __iter__(self): print("iter", self.name); return iter((1, 2))
            def __len__(self): print("len", self.name); return 2
            def __hash__(self): return 1
            def method(self, *args, **kw): print("call", *map(say, args)); return Loud("result")
            get = pop = method
        def say(thing):
            return f"<{thing.name}>" if isinstance(thing, Loud) else thing
        def a(name): print("make", name); return Loud(name)

        a("1").b = a("2").c
        a("1")[a("2")] = a("3")[a("4").x]
        a("1").b += a("2").c
        a("1")[a("2")] += a("3")[a("4")]
        a("1").method(a("2"), *a("3"), k=a("4")).get(a("5"), a("6"))
        print(a("1") if a("2").b is None or not a("3") else len(a("4")))
        print(a("1") in a("2"), a("3") not in a("4").b, say(getattr(a("5"), a("6").name)))
        for a("1").b in a("2"): del a("3").b, a("4")[a("5")]
        a("1").pop(a("2")), sorted(say(x) for x in a("3") if a("4") for y in a("5"))
    """,
    "containers and chains": """
        class Loud(dict):
            def __missing__(self, key): print("missing", key); return [key]
        def key(name): print(name); return name
        table = Loud()
        table[key("a")][0:1] = key("b")
        table[key("c")], table[key("d")] = key("e"), key("f")
        print(table, key("c") in table, key("x") not in table, 1 < len(table) < 3)
        del table[key("c")]
        table.setdefault(key("g"), []).append(key("h"))
        print(table.get(key("g")), table.pop(key("g"), None), table.pop("none", 7))
        print(*[x for x in table if x], {**table}, [y for x in ([1, 2], [3]) for y in x if y in x])
        first, *rest = [1, 2, 3]
        print(first, rest, rest[-1], rest[:], (1, 2)[0], "ab"[1:])
    """,
    "names": """
        def outer():
            x = 1
            def inner():
                nonlocal x
                x += 1
                def innermost(): return x
                return innermost()
            print(inner(), x, [x for x in range(3)], [(lambda: x)() for _ in "a"])
            del x
            try:
                print(x)
            except UnboundLocalError as error:
                print(error)
            try:
                inner()
            except NameError as error:
                print(type(error).__name__, error)
            for x in range(2): pass
            with open(__import__("os").devnull) as x: pass
            try: 1 / 0
            except ZeroDivisionError as x: print(inner.__name__)
            print(sorted(locals()))
        counter = 0
        def count():
            global counter
            counter += 1
            if (counter := counter + 1) > 1: return counter
        outer(), print(count(), counter)
    """,
    "classes": """
        class Base:
            __secret = 1
            def method(self): return "base"
        class __Odd_(Base):
            __secret = 2
            names = [n for n in ("a", "b")]
            def __init__(self): self.__hidden = self.__secret; self.__class__ = __Odd_
            def method(self):
                def inner(): return __class__, super(__Odd_, self).method()
                return super().method(), inner()[1], vars(self), [super for _ in "a"]
            locals_ = sorted(locals())
        globals()["__Odd_"] = __Odd_
        globals()["_Odd___Odd_"] = __Odd_
        odd = __Odd_()
        print(odd.method()[:3], __Odd_.names, __Odd_.locals_, odd._Odd___secret)
        def around():
            x = 1
            class Inside:
                x = x if False else 2
                y = [i for i in range(x)]
                def get(self): return x
            return Inside().get(), Inside.x, Inside.y
        try: print(around())
        except NameError as error: print(error)
    """,
    "matching": """
        class Point:
            __match_args__ = ("x", "y")
            def __init__(self, x, y): self.x, self.y = x, y
        class Color: RED = 1
        def what(thing):
            def seen(): return x
            match thing:
                case Point(x, y=0): return "on the axis", seen()
                case {"key": x, **rest} if rest.get("a"): return seen(), rest
                case [Color.RED, *x]: return seen()
                case str() as x: return seen()
                case _: return None
        for thing in (Point(1, 0), {"key": 2, "a": 3}, [1, 2, 3], "text", 5, Point(1, 1)):
            print(what(thing))
    """,
    "generators and coroutines": """
        import asyncio
        def generator():
            table = {}
            def use(): return table
            table[(yield 1)] = yield 2
            print(use())
            print((yield 3) in table)
        it = generator()
        print(next(it), it.send("key"), it.send("value"))
        try: it.send("key")
        except StopIteration: print("end")
        class Context:
            async def __aenter__(self): return self
            async def __aexit__(self, *_): return False
        async def numbers():
            for number in range(3):
                yield number
                await asyncio.sleep(0)
        async def get(value):
            await asyncio.sleep(0)
            return value
        async def main():
            box = Context()
            table = {}
            table[await get("a")] = await get("b")
            async with box as box.inside: print(box.inside is box)
            async for box.number in numbers(): print(box.number)
            print([n async for n in numbers() if await get(n)], table[await get("a")])
            print(await get("a") in table, table.get(await get("b"), await get("c")))
            box.number += await get(1)
            print(box.number, f"{box.number=} {table['a']!r:>5}")
        asyncio.run(main())
    """,
    "decorators, defaults and annotations": """
        from __future__ import annotations
        import functools
        registry = {}
        class App:
            def route(self, path): return functools.partial(registry.setdefault, path)
        app = App()
        @app.route("/")
        def index(a: app.no_such_thing = app, *, b: list[nothing] = [app][0]) -> unknown:
            return a is b
        class Settings:
            port: registry.get("port")
            host: str = "local"
            app.name: int = 3
        print(registry["/"](), index.__annotations__, Settings.__annotations__, app.name)
    """,
    "errors": """
        class Empty: pass
        def fails(): Empty().missing.attribute
        fails()
    """,
    "errors in the middle of a place": """
        table = {1: {}}
        def bad():
            try: table[1 / 0]
            except ZeroDivisionError: return 1
        print(table[bad()])
        (table
            [1]
            ["no"])
    """,
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_prints_the_same(program):
    source = dedent(PROGRAMS[program])

    expected = output(compile(source, "<program>", "exec", dont_inherit=True))

    assert output(rewritten(source)) == expected
    assert not here.step.operands or "errors" in program


def test_the_programs_above_are_looked_at():
    output(rewritten(dedent(PROGRAMS["names"])))

    assert any("counter" in str(read.place) for read in here.step.reads.values())


def test_what_pickles_functions_by_value_finds_the_hooks():
    """As cloudpickle does with those of __main__."""
    for hook in HOOKS.values():
        assert pickle.loads(pickle.dumps(hook)) is hook


def test_a_lambda_and_another_one_on_its_line_share_a_scope():
    source = dedent("""
        def f():
            x = 1
            return (lambda: x), (lambda x: x)
        print(f()[0](), f()[1](2))
    """)

    assert output(rewritten(source)) == "1 2\n"


@pytest.mark.parametrize(
    ("name", "in_class", "spelt"),
    [
        ("__x", "C", "_C__x"),
        ("__x", "__C", "_C__x"),
        ("__x", "__", "__x"),
        ("__x__", "C", "__x__"),
        ("_x", "C", "_x"),
        ("__x", None, "__x"),
    ],
)
def test_names_are_mangled_as_the_compiler_does(name, in_class, spelt):
    assert scopes.mangled(name, in_class) == spelt


# ------------------------------------------------------------------ CPython's own tests

# What is looked at lives until the step ends; these wait for something to be freed.
KEPT_ALIVE = {"testCellLeak", "testLeaks", "test_refcycle", "test_bpo_45813_1"}
KEPT_ALIVE |= {"test_async_gen_asyncio_gc_aclose_09", "test_close_clears_frame"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "asyncgen", "augassign", "class", "contextlib", "coroutines", "enum", "fstring",
        "generators", "grammar", "listcomps", "list", "named_expressions", "patma", "scope",
        "super", "type_params", "unpack", "with",
    ],
)  # fmt: skip
def test_what_cpython_tests_of_the_language_stays_so(name):
    pytest.importorskip("test.support", reason="this CPython comes without its tests")
    spec = importlib.util.find_spec(f"test.test_{name}")
    if spec is None:
        pytest.skip("this CPython has no such test")
    expected = failures(spec, compile)

    assert failures(spec, rewritten) - KEPT_ALIVE <= expected


def failures(spec, compiler):
    module = ModuleType(spec.name)
    module.__file__, module.__spec__, module.__package__ = spec.origin, spec, "test"
    sys.modules[spec.name] = module
    source = spec.loader.get_data(spec.origin)
    code = compiler(source, spec.origin, *(("exec",) if compiler is compile else ()))
    exec(code, vars(module))
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    assert result.testsRun
    return {test.id().rpartition(".")[2] for test, _ in result.failures + result.errors}
