"""An environment with eagerly for each interpreter, made once and kept in the user's cache folder.

The interpreter that runs this command has eagerly already. Another gets a venv with what this one
has: a source checkout is copied and installed (the copy, so that no build lands in the checkout),
anything else is installed as pip can find it again. It is made anew when the interpreter, the
version or the checkout's sources have changed, and when the last try got no native engine.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import eagerly
from eagerly.lab import child
from eagerly.lab.interpreters import isolated
from eagerly.lab.problems import Failure

if TYPE_CHECKING:
    from eagerly.lab.interpreters import Interpreter
    from eagerly.lab.results import Engine

PACKAGE = Path(eagerly.__file__).resolve().parent
SOURCES = {".py", ".pyx", ".pxd", ".pxi", ".h", ".toml"}
NOT_COPIED = shutil.ignore_patterns(
    ".*", "__pycache__", "build", "dist", "*.egg-info", "*.so", "*.pyd", "venv", "tests", "docs"
)

WHICH_ENGINE = "import json, eagerly; print(json.dumps([eagerly.__file__, eagerly.native]))"
AS_BUILT = "import os; os.environ.pop('EAGERLY_PURE', None); "


@dataclass(frozen=True)
class Origin:
    """Where this eagerly came from: a checkout's folder, or what pip is to be asked for."""

    checkout: Path | None
    requirement: str

    def fingerprint(self) -> str:
        """Changes when another build would come out of it."""
        digest = hashlib.sha256(self.requirement.encode())
        for file in self._sources():
            digest.update(f"{file}\0".encode() + file.read_bytes())
        return digest.hexdigest()

    def _sources(self) -> list[Path]:
        """All that is built; not the lab, which no environment runs."""
        if self.checkout is None:
            return []
        built = [file for file in self.checkout.glob("*") if file.suffix in SOURCES]
        inside = [file for file in PACKAGE.rglob("*") if file.suffix in SOURCES]
        return sorted(built + [file for file in inside if PACKAGE / "lab" not in file.parents])


def version() -> str:
    try:
        return metadata.version("eagerly")
    except metadata.PackageNotFoundError:
        return "of the checkout"  # found on the path, never installed


def own_engine() -> Engine:
    """The eagerly that runs here."""
    return {"version": version(), "native": eagerly.native, "folder": str(PACKAGE.parent)}


def origin() -> Origin:
    root = PACKAGE.parent.parent
    if PACKAGE.parent.name == "src" and (root / "pyproject.toml").is_file():
        return Origin(root, str(root))
    direct = _direct_url()
    folder = Path(str(direct.get("url", "")).removeprefix("file://"))
    if "dir_info" in direct and folder.is_dir():
        return Origin(folder, str(folder))
    if "vcs_info" in direct:
        vcs = direct["vcs_info"]
        return Origin(None, f"eagerly @ {vcs['vcs']}+{direct['url']}@{vcs['commit_id']}")
    return Origin(None, f"eagerly=={version()}")


def _direct_url() -> dict[str, Any]:
    """What pip noted of an install that came from no index (PEP 610)."""
    try:
        text = metadata.distribution("eagerly").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return {}
    found: dict[str, Any] = json.loads(text or "{}")
    return found


def cache_folder() -> Path:
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"], "eagerly")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "eagerly"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"), "eagerly")
    return Path.home() / ".cache" / "eagerly"


@dataclass(frozen=True)
class Kind:
    """What an environment has besides eagerly: what must be there, and what would be welcome."""

    name: str
    needs: tuple[str, ...] = ()
    welcome: tuple[str, ...] = ()

    @property
    def packages(self) -> str:
        return "".join(f"{package}\n" for package in self.needs + self.welcome)


CHAPTER = Kind("bench")


class Environment:
    """The place in the cache that belongs to one interpreter."""

    def __init__(self, interpreter: Interpreter, origin: Origin, kind: Kind = CHAPTER) -> None:
        who = f"{interpreter.executable}\0{interpreter.prefix}"
        name = f"{interpreter.version}-{hashlib.sha256(who.encode()).hexdigest()[:12]}"
        self.interpreter = interpreter
        self.origin = origin
        self.kind = kind
        self.folder = cache_folder() / kind.name / name
        self.stamp = self.folder / "made-of"
        self.made_of = f"{interpreter.build}\n{origin.fingerprint()}\n{kind.packages}"

    @property
    def python(self) -> str:
        inside = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
        return str(self.folder.joinpath(*inside))

    @property
    def is_ready(self) -> bool:
        return self.stamp.is_file() and self.stamp.read_text(encoding="utf-8") == self.made_of

    def make(self) -> None:
        """The stamp is written last: what was interrupted is made again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stamp.unlink(missing_ok=True)
        venv = [self.interpreter.executable, "-m", "venv", "--clear", str(self.folder)]
        minor = ".".join(map(str, self.interpreter.major_minor))
        self._do(f"make a venv (on Debian and Ubuntu: apt install python{minor}-venv)", venv)
        pip = [*isolated(self.python), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        with tempfile.TemporaryDirectory() as scratch:
            self._do("install eagerly", [*pip, self._what_to_install(Path(scratch, "eagerly"))])
        if self.kind.needs:
            self._do("install " + " and ".join(self.kind.needs), [*pip, *self.kind.needs])
        for package in self.kind.welcome:  # one by one: what cannot be had keeps nobody else out
            child.run([*pip, "--only-binary", ":all:", package])
        _, native = self._ask(AS_BUILT + WHICH_ENGINE)
        if native:
            self.stamp.write_text(self.made_of, encoding="utf-8")

    def engine(self) -> Engine:
        file, native = self._ask(WHICH_ENGINE)
        return {"version": version(), "native": native, "folder": str(Path(file).parent.parent)}

    def _ask(self, code: str) -> tuple[str, bool]:
        file, native = json.loads(
            self._do("import eagerly", [*isolated(self.python), "-c", code]).stdout
        )
        return file, native

    def _what_to_install(self, copy: Path) -> str:
        if self.origin.checkout is None:
            return self.origin.requirement
        shutil.copytree(self.origin.checkout, copy, ignore=NOT_COPIED)
        return str(copy)

    def _do(self, what: str, command: list[str]) -> child.Finished:
        finished = child.run(command)
        if finished.returncode != 0:
            message = f"{self.interpreter.asked_as}: cannot {what}: {child.why_it_died(finished)}"
            raise Failure(message)
        return finished
