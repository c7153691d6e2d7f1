"""What is counted now, held against what was recorded."""

from __future__ import annotations

from figures import Figures

MARGIN = 0.05  # a rise above this fails

MISSING = "no figures of these were recorded for this build"
RECORD = "make count ARGS=--record"


def change(before: int, now: int) -> float:
    return (now - before) / before


def judge(before: Figures, now: Figures, *, strict: bool = False) -> tuple[list[str], int]:
    """What there is to tell, and the status to end with; *strict*: figures must have been kept."""
    changes = {name: change(before[name], now[name]) for name in now if name in before}
    new = [f"  {name}" for name in now if name not in before]
    risen = [told(n, before, now) for n, changed in changes.items() if changed > MARGIN]
    fallen = [told(n, before, now) for n, changed in changes.items() if changed < -MARGIN]
    said = []
    if new:
        what = "FAILED" if strict else "NOT GUARDED"
        said += [f"{what}: {MISSING}; to record them: {RECORD}", *new]
    if fallen:
        said += [f"More than {MARGIN:.0%} fewer instructions; to keep that: {RECORD}", *fallen]
    if risen:
        said += [f"FAILED: more than {MARGIN:.0%} more instructions", *risen]
        said += [f"If that is what it has to cost: {RECORD}, and say why in the commit"]
    return said, 1 if risen or (strict and new) else 0


def told(name: str, before: Figures, now: Figures) -> str:
    changed = change(before[name], now[name])
    return f"  {name}: {before[name]:,} instructions, now {now[name]:,} ({changed:+.1%})"


def table(before: Figures, now: Figures) -> str:
    lines = [f"{'instructions':<18}{'now':>9}{'kept':>9}{'change':>9}{'x floor':>9}"]
    for name, figure in now.items():
        kept = changed = "-"
        if name in before:
            kept, changed = f"{before[name]:,}", f"{change(before[name], figure):+.1%}"
        ratio = figure / now["floor"]
        lines.append(f"{name:<18}{figure:>9,}{kept:>9}{changed:>9}{ratio:>9.1f}")
    return "\n".join(lines)
