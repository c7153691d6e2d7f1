"""Which names of a module more than one function can see, as its compiled code tells.

A name that only one call of one function has is no place for a hazard: the first step of a task
cannot read what its creator sets there.  What is left are variables of the module, and those of
a function that a function inside it uses too, which live in cells.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from types import CodeType


@dataclass
class Scope:
    """The names of a function."""

    own: set[str] = field(default_factory=set)  # not the module's
    cells: set[str] = field(default_factory=set)  # among them: shared with other functions


class Scopes:
    """The functions of a module, found by the name and the line that they begin with.

    Two lambdas on one line are one scope here.  Then a name too many may be watched.
    """

    def __init__(self, tree: ast.Module, path: str) -> None:
        self.variables = _variables(tree)
        self._found: dict[tuple[str, int], Scope] = {}
        self._collect(compile(tree, path, "exec", dont_inherit=True))

    def _collect(self, code: CodeType) -> None:
        scope = self._found.setdefault((code.co_name, code.co_firstlineno), Scope())
        scope.cells.update(code.co_cellvars, code.co_freevars)
        scope.cells -= {"__class__", "__classdict__"}
        scope.own.update(code.co_varnames, code.co_cellvars, code.co_freevars)
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._collect(constant)

    def of(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Scope:
        """The names of the function that *node* defines."""
        if isinstance(node, ast.Lambda):
            return self._found.get(("<lambda>", node.lineno), Scope())
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        return self._found.get((node.name, first), Scope())


def _variables(tree: ast.Module) -> set[str]:
    """The module's names that are assigned to.  Functions, classes and imports stay as they are."""
    names = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))
    return names


def bound_in(*targets: ast.AST | None) -> set[str]:
    """The names that these targets of assignments, or patterns, give a value to or delete."""
    names: set[str] = set()
    for target in targets:
        for node in () if target is None else ast.walk(target):
            match node:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                    names.add(name)
                case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    names.add(name)
                case ast.MatchMapping(rest=str(name)):
                    names.add(name)
    return names


def mangled(name: str, class_name: str | None) -> str:
    """*name* as the compiler spells it inside that class: ``__x`` is ``_Class__x``."""
    if class_name is None or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    stripped = class_name.lstrip("_")
    return f"_{stripped}{name}" if stripped else name
