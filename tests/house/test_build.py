"""Native or interpreted: EAGERLY_PURE decides, and nothing else changes."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import types
from pathlib import Path

import pytest
from source_tree import HERE, IS_COMPILED, TWINS, compiled, python, stale

from eagerly.engine import _build, _cython

NATIVE = "import eagerly; print(eagerly.native)"
if_compiled = pytest.mark.skipif(not IS_COMPILED, reason="no native engine here")


def test_what_was_compiled_is_what_is_tested():
    if "eagerly" in sys.modules and sys.modules["eagerly"].native:
        assert not stale(), "these changed after they were compiled: run `make build`"


class TestPure:
    def test_1_is_interpreted(self):
        assert python(NATIVE, EAGERLY_PURE="1") == "False"

    @if_compiled
    def test_0_is_native(self):
        assert python(NATIVE, EAGERLY_PURE="0") == "True"

    def test_0_is_refused_where_nothing_was_compiled(self, interpreted_copy: Path):
        error = python(NATIVE, path=interpreted_copy, EAGERLY_PURE="0")

        assert error.startswith("ImportError: EAGERLY_PURE=0 asks for the native engine: none was")

    def test_unset_takes_what_there_is(self, interpreted_copy: Path):
        assert python(NATIVE) == str(IS_COMPILED)
        assert python(NATIVE, path=interpreted_copy) == "False"

    def test_anything_else_is_refused(self):
        assert python(NATIVE, EAGERLY_PURE="yes").startswith("ImportError: EAGERLY_PURE='yes'")


@if_compiled
class TestHalfAnEngine:
    @pytest.fixture(params=["gone", "a link to nowhere"])
    def half(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        shutil.copytree(HERE, tmp_path / "eagerly")
        missing = compiled(HERE / "engine" / "task.py", tmp_path / "eagerly")
        assert missing is not None
        missing.unlink()
        if request.param != "gone":
            missing.symlink_to("nowhere")
        return tmp_path

    @pytest.mark.parametrize("wish", ["", "0"])
    def test_is_refused(self, half: Path, wish: str):
        error = python(NATIVE, path=half, EAGERLY_PURE=wish)

        assert error.startswith("ImportError: half of eagerly's engine is compiled")
        assert "eagerly.engine.task" in error

    def test_runs_interpreted_when_asked(self, half: Path):
        assert python(NATIVE, path=half, EAGERLY_PURE="1") == "False"


@if_compiled
class TestAnotherLayoutOfAsyncioTask:
    """The engine was compiled for an asyncio.Task of another size than the one that runs."""

    # asyncio before _asyncio, as _build has it: the other way round, the registry of asyncio up to
    # 3.13 is Python's, and what runs then is not what would run on such an interpreter.
    PRETEND = """if True:
        import asyncio
        import _asyncio
        class Larger(asyncio.Task): __slots__ = ("more",)
        task, _asyncio.Task = _asyncio.Task, Larger
        try:
            import eagerly
        finally:
            _asyncio.Task = task
        async def answer(): return 42
        print(eagerly.native, eagerly.run(answer()))
    """

    def test_runs_interpreted_with_one_warning(self):
        said = python(self.PRETEND)

        assert said.startswith("False 42\n")
        assert said.count("Warning") == 1
        assert "RuntimeWarning: eagerly was compiled for another asyncio.Task" in said

    def test_is_an_error_where_native_was_asked_for(self):
        assert python(self.PRETEND, EAGERLY_PURE="0").startswith("ImportError: EAGERLY_PURE=0 asks")


def test_it_may_be_imported_inside_a_task():
    said = python("""if True:
        import asyncio
        async def main():
            task = asyncio.current_task()
            import eagerly
            assert asyncio.current_task() is task
            await eagerly.create_task(asyncio.sleep(0))
            return len(asyncio.all_tasks())
        print(asyncio.run(main()))
    """)

    assert said == "1"


def test_asyncio_keeps_its_native_registry():
    """It loses it where _asyncio is imported before asyncio, up to 3.13."""
    said = python("""if True:
        import eagerly, _asyncio
        from asyncio import tasks
        print(getattr(_asyncio, "_current_tasks", tasks._current_tasks) is tasks._current_tasks)
    """)

    assert said == "True"


class TestFreeThreading:
    PRETEND = f"import sys; sys.abiflags = 't'; {NATIVE}"

    def test_runs_interpreted_and_says_so_once(self):
        said = python(self.PRETEND)

        assert said.startswith("False\n")
        assert said.count("RuntimeWarning: eagerly runs interpreted on a free-threaded") == 1

    def test_is_an_error_where_native_was_asked_for(self):
        assert "free-threaded" in python(self.PRETEND, EAGERLY_PURE="0")


@pytest.mark.parametrize("pure", ["", "1"])
class TestCython:
    def test_is_never_imported(self, pure: str):
        look = "print([m for m in sys.modules if m.lower().startswith('cython')])"

        # A native module registers the runtime that Cython's modules share; no file is read.
        said = python(f"import eagerly, sys; {look}", EAGERLY_PURE=pure)

        assert "'cython'" not in said
        assert "'Cython'" not in said

    def test_is_what_it_was_for_everybody_else(self, pure: str, tmp_path: Path):
        (tmp_path / "cython.py").write_text("it = 'theirs'")
        before = "import cython, sys; import eagerly; print(sys.modules['cython'] is cython)"
        after = "import eagerly; import cython; print(cython.it)"

        assert python(before, path=tmp_path, EAGERLY_PURE=pure) == "True"
        assert python(after, path=tmp_path, EAGERLY_PURE=pure) == "theirs"


def test_cython_is_what_it_was_after_a_module_that_fails(tmp_path: Path):
    path = tmp_path / "broken.py"
    path.write_text("import cython; made_with = cython; raise ZeroDivisionError")
    loader = _build.InterpretedLoader("broken", str(path))
    module = types.ModuleType("broken")
    module.__spec__ = importlib.util.spec_from_loader("broken", loader)
    before = sys.modules.get("cython")

    with pytest.raises(ZeroDivisionError):
        loader.exec_module(module)

    assert module.made_with is _cython
    assert sys.modules.get("cython") is before


@pytest.fixture
def interpreted_copy(tmp_path: Path) -> Path:
    """The package without anything compiled."""
    shutil.copytree(HERE, tmp_path / "eagerly", ignore=shutil.ignore_patterns("*.so", "*.pyd"))
    assert not any(compiled(path, tmp_path / "eagerly") for path in TWINS)
    return tmp_path
