"""Tasks at the price of a function call: asyncio's tasks and groups, started eagerly.

The names are asyncio's, and mean what asyncio 3.15 means by them, on every Python from 3.11.
Importing eagerly changes nothing in asyncio; install() does.
"""

from eagerly.engine import _build

_build.prepare()  # first: it decides which files the next lines import

from eagerly.engine.registry import all_tasks as all_tasks
from eagerly.engine.registry import current_task as current_task
from eagerly.engine.task import Task as Task
from eagerly.groups.barrier import Barrier as Barrier
from eagerly.groups.barrier import BrokenBarrierError as BrokenBarrierError
from eagerly.groups.factory import create_eager_task_factory as create_eager_task_factory
from eagerly.groups.factory import create_task as create_task
from eagerly.groups.factory import eager_task_factory as eager_task_factory
from eagerly.groups.gather import gather as gather
from eagerly.groups.group import TaskGroup as TaskGroup
from eagerly.groups.install import install as install
from eagerly.groups.install import uninstall as uninstall
from eagerly.groups.runner import Runner as Runner
from eagerly.groups.runner import run as run

native: bool = _build.native()  # is the engine compiled?

__all__ = [
    "Barrier",
    "BrokenBarrierError",
    "Runner",
    "Task",
    "TaskGroup",
    "all_tasks",
    "create_eager_task_factory",
    "create_task",
    "current_task",
    "eager_task_factory",
    "gather",
    "install",
    "native",
    "run",
    "uninstall",
]
