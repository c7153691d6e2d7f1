"""The programs that were recorded, and what asyncio 3.15 did with them.

``ci.json.xz`` has whole traces; ``nightly.json.xz``, with many more programs, has their digests.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CI = HERE / "ci.json.xz"
NIGHTLY = HERE / "nightly.json.xz"

COMPARED = ("lazy", "eager", "eager traces")


def load(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lzma.decompress(path.read_bytes()).splitlines()]


def save(path: Path, records: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def digested(record: dict[str, Any]) -> dict[str, Any]:
    """*record* with digests of its traces and outcomes."""
    return record | {
        what: [digest(one) for one in record[what]] for what in COMPARED if what in record
    }


def digest(thing: Any) -> str:
    return hashlib.sha256(json.dumps(thing).encode()).hexdigest()[:10]


def is_among(found: Any, recorded: list[Any]) -> bool:
    """Is *found* one of the *recorded* things, or is its digest?"""
    return json.loads(json.dumps(found)) in recorded or digest(found) in recorded
