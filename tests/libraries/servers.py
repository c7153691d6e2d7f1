"""Servers that the tests start themselves, on a free port of this machine, for one test run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

START = 120.0  # seconds: a server that is not ready by then will not be


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL."""
    postgres, initdb = find_postgres("postgres"), find_postgres("initdb")
    if postgres is None or initdb is None:
        pytest.skip("no PostgreSQL server on this machine (Debian: apt install postgresql)")
    with folder_of_nobody() as (folder, who):
        data, port = folder / "data", free_port()
        subprocess.run(
            [initdb, "-D", data, "-U", "tester", "--auth=trust", "--no-sync", "--locale=C"],
            **who, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=START,
        )  # fmt: skip
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", folder]
        with server([postgres, "-D", data, "-p", str(port), *settings], folder, who):
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of a Redis."""
    redis = shutil.which("redis-server")
    if redis is None:
        pytest.skip("no Redis server on this machine (Debian: apt install redis-server)")
    with folder_of_nobody() as (folder, who):
        port = free_port()
        settings = ["--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with server([redis, "--port", str(port), *settings], folder, who):
            yield f"redis://127.0.0.1:{port}"


def find_postgres(name: str) -> str | None:
    """Debian keeps PostgreSQL's programs, by version, outside the PATH."""
    here = shutil.which(name)
    if here is not None:
        return here
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    return str(max(versions, key=lambda path: int(path.parts[4]), default="")) or None


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def folder_of_nobody() -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder, and how to start a process that owns it: PostgreSQL refuses to run as root."""
    with tempfile.TemporaryDirectory(prefix="eagerly-") as folder:
        who: dict[str, Any] = {}
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
            who = {"user": "nobody", "extra_groups": []}
        yield Path(folder), who


@contextmanager
def server(command: list[str | Path], folder: Path, who: dict[str, Any]) -> Iterator[None]:
    """Run *command* until the block ends, which begins when it takes connections."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **who)
    try:
        wait_until(lambda: is_ready(folder / "log") or process.poll() is not None)
        assert process.poll() is None, (folder / "log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(START)


def wait_until(ready: Callable[[], bool]) -> None:
    give_up = time.monotonic() + START
    while not ready():
        assert time.monotonic() < give_up, "the server did not start"
        time.sleep(0.02)


def is_ready(log: Path) -> bool:
    """Both servers say so in the same words."""
    return b"ready to accept connections" in log.read_bytes().lower()
