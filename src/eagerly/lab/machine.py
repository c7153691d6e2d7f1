"""What a reader must know of the machine to believe a number."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eagerly.lab.results import Machine


def this_machine() -> Machine:
    return {
        "cpu": cpu_name(),
        "cores": os.cpu_count() or 1,
        "platform": platform.platform(),
        "memory_available": available_memory(),
        "load": load(),
    }


def cpu_name() -> str:
    return _cpu_on_linux() or _cpu_on_macos() or platform.processor() or platform.machine()


def load() -> float | None:
    """How many others wanted the processor in the last minute: above zero, expect noise."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def available_memory() -> int | None:
    """Bytes that a process may take without swapping, as far as the platform tells."""
    known = [size for size in (_free_on_linux(), _free_in_cgroup()) if size is not None]
    return min(known) if known else _installed()


def _free_on_linux() -> int | None:
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _free_in_cgroup() -> int | None:
    """A container's own limit (cgroup v2), less what it uses; its file cache can be given back."""
    limit, used = _lines("/sys/fs/cgroup/memory.max"), _lines("/sys/fs/cgroup/memory.current")
    if not limit or not used or not limit[0].isdigit():
        return None
    cached = 0
    for line in _lines("/sys/fs/cgroup/memory.stat"):
        if line.startswith("inactive_file "):
            cached = int(line.split()[1])
    return max(0, int(limit[0]) - int(used[0]) + cached)


def _installed() -> int | None:
    """Where nothing tells what is free: all there is, which still refuses the impossible."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _cpu_on_linux() -> str:
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return ""


def _cpu_on_macos() -> str:
    if sys.platform != "darwin":
        return ""
    command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
