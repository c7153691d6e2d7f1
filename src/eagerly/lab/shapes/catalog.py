"""All the shapes, in the order in which they are shown."""

from __future__ import annotations

from . import (
    barrier,
    cancel,
    current,
    echo,
    fan_out,
    latency,
    mixed,
    runner,
    step,
    suspend,
    tree,
    wake,
)

SHAPES = (
    *fan_out.SHAPES,
    *current.SHAPES,
    *tree.SHAPES,
    *step.SHAPES,
    *suspend.SHAPES,
    *wake.SHAPES,
    *cancel.SHAPES,
    *mixed.SHAPES,
    *latency.SHAPES,
    *barrier.SHAPES,
    *runner.SHAPES,
    *echo.SHAPES,
)

BY_NAME = {each.name: each for each in SHAPES}
FAMILIES = sorted({name.partition("-")[0] for name in BY_NAME} - set(BY_NAME))
