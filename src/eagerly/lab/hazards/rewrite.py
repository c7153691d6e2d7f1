"""A program's source, rewritten so that it tells what it reads and sets.

Every place keeps the bytecode that it had: ``server.port`` becomes ``attribute(server,
"port").port``, where the hook looks at the object and gives it back.  So what the program does,
in which order, with which errors and on which lines, stays the same, on every CPython.  Where
a hook needs two operands, as in ``table[key]``, the first one is left with ``first`` under a
number that belongs to this place of the source, and ``second`` finds it there.

What a program sets is told just before it does so, or, of a name, just afterwards; only when its
step ends is looked at what is there then.
"""

from __future__ import annotations

import ast
import itertools
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType
from typing import Any

from eagerly.lab.hazards.scopes import Scope, Scopes, bound_in, mangled

Hook = Callable[..., Any]

# Methods and builtins whose argument says which item is meant.
KEYED = {"__contains__", "add", "discard", "get", "pop", "remove", "setdefault"}
JOIN = (ast.Add, ast.Sub, ast.BitOr, ast.BitAnd, ast.BitXor)  # lists, sets and mappings
ATTRIBUTES = {"getattr": "read", "hasattr": "has", "setattr": "set", "delattr": "set"}
# Builtins that go through their arguments, and those that ask for the size of theirs.
WHOLE = {"all", "any", "dict", "enumerate", "filter", "frozenset", "iter", "list", "map", "max"}
WHOLE |= {"min", "next", "reversed", "set", "sorted", "sum", "tuple", "zip"}
SIZE = {"len": "size", "bool": "truth"}
# Methods that go through what they are given.
GIVEN = {"difference", "difference_update", "extend", "extendleft", "format", "fromkeys"}
GIVEN |= {"intersection", "intersection_update", "isdisjoint", "issubset", "issuperset", "join"}
GIVEN |= {"symmetric_difference", "symmetric_difference_update", "union", "update", "writelines"}
# Builtins that read also the values of a mapping; modules that look through what they are given,
# or change it; and their functions that only change it.
CONTENTS = {"ascii", "format", "print", "repr", "str"}
LOOK_THROUGH = {"bisect", "collections", "copy", "heapq", "itertools", "json", "math", "operator"}
LOOK_THROUGH |= {"pickle", "pprint", "random", "statistics"}
CHANGE = {"heapify", "heappush", "insort", "insort_left", "insort_right", "shuffle"}


def compiled(source: str | bytes, path: str, hooks: Mapping[str, Hook]) -> CodeType:
    """The code of that module, rewritten to call *hooks*."""
    tree: Any = compile(source, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    scopes = Scopes(tree, path)
    rewritten = ast.fix_missing_locations(Rewriter(scopes, tree).visit(tree))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of calls of strings; the program's own, Scopes has shown
        code = compile(rewritten, path, "exec", dont_inherit=True)
    return _with_hooks(code, {_stand_in(name): hook for name, hook in hooks.items()})


def _with_hooks(code: CodeType, hooks: Mapping[str, Hook]) -> CodeType:
    """*code* with the hooks where their names stand.

    They are constants of the code: no name of the program's can be in their way, and its last
    finalizers find them when the interpreter shuts down and has cleared all modules.
    """
    constants: list[Any] = []
    for each in code.co_consts:
        if isinstance(each, CodeType):
            constants.append(_with_hooks(each, hooks))
        else:
            constants.append(hooks.get(each, each) if type(each) is str else each)
    return code.replace(co_consts=tuple(constants))


class Rewriter(ast.NodeTransformer):
    """Puts the hooks into one module."""

    def __init__(self, scopes: Scopes, tree: ast.Module) -> None:
        self._scopes = scopes
        self._libraries = _names_of_libraries(tree) - scopes.variables
        self._functions = _functions_of_libraries(tree) - scopes.variables
        self._scope: Scope | None = None  # None: the module's, or a class's
        self._class: str | None = None
        self._hidden: set[str] = set()  # what the comprehensions around us keep to themselves
        self._numbers = itertools.count()

    # ----------------------------------------------------------------------- what is read

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        if self._is_library(node.value):
            return node
        hook = "attribute" if isinstance(node.ctx, ast.Load) else "set_attribute"
        node.value = self._look(hook, self.visit(node.value), self._spelt(node.attr))
        return node

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        how = {ast.Load: "item", ast.Store: "set_item", ast.Del: "del_item"}
        self._pair(node, how[type(node.ctx)])
        return node

    def _pair(self, node: ast.Subscript, how: str) -> None:
        number = next(self._numbers)
        node.value = self._look("first", self.visit(node.value), number)
        node.slice = self._look("second", self.visit(node.slice), number, how)

    def visit_Name(self, node: ast.Name) -> Any:
        if not isinstance(node.ctx, ast.Load):
            return node
        told = self._tell("", node.id, node)
        if told is None:
            return node
        return ast.copy_location(ast.BoolOp(ast.Or(), [told, node]), node)

    def visit_Compare(self, node: ast.Compare) -> Any:
        constant = any(isinstance(each, ast.Constant) for each in (node.left, node.comparators[0]))
        self.generic_visit(node)
        if len(node.ops) != 1:
            return node
        if isinstance(node.ops[0], (ast.In, ast.NotIn)):
            number = next(self._numbers)
            node.left = self._look("first", node.left, number)
            node.comparators[0] = self._look("second", node.comparators[0], number, "in")
        elif not isinstance(node.ops[0], (ast.Is, ast.IsNot)) and not constant:
            node.left = self._look("contents", node.left)
            node.comparators[0] = self._look("contents", node.comparators[0])
        return node

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        formats = isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant)
        if formats and isinstance(node.right, ast.Tuple):  # "%s and %s" % (one, other)
            node.right.elts = [self._shared(each) for each in node.right.elts]
        elif formats or isinstance(node.op, JOIN):
            node.left, node.right = self._shared(node.left), self._shared(node.right)
        self.generic_visit(node)
        return node

    def visit_FormattedValue(self, node: Any) -> Any:
        node.value = self._shared(node.value)
        self.generic_visit(node)
        return node

    visit_Interpolation = visit_FormattedValue

    def _shared(self, node: ast.expr) -> Any:
        """*node*, of which all is read, if it can be something that others have too."""
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
            return self._look("contents", node)
        return node

    def visit_YieldFrom(self, node: ast.YieldFrom) -> Any:
        self.generic_visit(node)
        node.value = self._look("whole", node.value)
        return node

    def visit_Starred(self, node: ast.Starred) -> Any:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.value = self._look("whole", node.value)
        return node

    def visit_Dict(self, node: ast.Dict) -> Any:
        self.generic_visit(node)
        node.values = [
            each if key is not None else self._look("contents", each)
            for key, each in zip(node.keys, node.values, strict=True)
        ]
        return node

    def visit_keyword(self, node: ast.keyword) -> Any:
        self.generic_visit(node)
        if node.arg is None:
            node.value = self._look("contents", node.value)
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        function = node.func
        plain = bool(node.args) and not isinstance(node.args[0], ast.Starred)
        if isinstance(function, ast.Attribute) and not self._is_library(function.value):
            self._method(node, function, keyed=plain and function.attr in KEYED)
            return node
        self.generic_visit(node)
        if not plain:
            return node
        hook = self._given(function)
        if hook is not None:
            self._look_at_arguments(node, hook)
        if not isinstance(function, ast.Name):
            return node
        if function.id in ATTRIBUTES and len(node.args) > 1:
            number = next(self._numbers)
            node.args[0] = self._look("first", node.args[0], number)
            how = ATTRIBUTES[function.id]
            node.args[1] = self._look("second", node.args[1], number, f"{how}_attribute")
        elif function.id in SIZE:
            node.args[0] = self._look(SIZE[function.id], node.args[0])
        elif function.id in WHOLE:
            self._look_at_arguments(node, "whole")
        elif function.id in CONTENTS:
            self._look_at_arguments(node, "contents")
        return node

    def _look_at_arguments(self, node: ast.Call, hook: str) -> None:
        node.args = [
            each if isinstance(each, (ast.Constant, ast.Starred)) else self._look(hook, each)
            for each in node.args
        ]

    def _given(self, function: ast.expr) -> str | None:
        """The hook for what that function of the standard library is given."""
        if isinstance(function, ast.Name) and function.id in self._functions:
            name = function.id
        elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            name = function.attr
            if function.value.id not in LOOK_THROUGH:
                return None
        else:
            return None
        return "changed" if name in CHANGE else "given"

    def _method(self, node: ast.Call, function: ast.Attribute, keyed: bool) -> None:
        value = self.visit(function.value)
        node.args = [self.visit(each) for each in node.args]
        node.keywords = [self.visit(each) for each in node.keywords]
        if function.attr in GIVEN:
            self._look_at_arguments(node, "contents")
        if keyed:
            number = next(self._numbers)
            function.value = self._look("first", value, number)
            node.args[0] = self._look("second", node.args[0], number, function.attr)
        else:
            function.value = self._look("method", value, self._spelt(function.attr))

    def visit_Await(self, node: ast.Await) -> Any:
        self.generic_visit(node)
        node.value = self._look("awaited", node.value)
        return node

    # ----------------------------------------------------------------------- tests and loops

    def visit_If(self, node: Any) -> Any:
        node.test = self._tested(node.test)
        self.generic_visit(node)
        return node

    visit_While = visit_IfExp = visit_Assert = visit_If

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        node.values[:-1] = [self._tested(each) for each in node.values[:-1]]
        self.generic_visit(node)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            node.operand = self._tested(node.operand)
        self.generic_visit(node)
        return node

    def _tested(self, node: ast.expr) -> Any:
        """*node*, of which it matters whether it is empty."""
        if isinstance(node, ast.BoolOp):
            node.values[-1] = self._tested(node.values[-1])
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
            return self._look("truth", node)
        return node

    def visit_For(self, node: Any) -> Any:
        names = bound_in(node.target)
        self.generic_visit(node)
        node.iter = self._look("whole", node.iter)
        node.body[:0] = self._set(names, node.target)
        return node

    visit_AsyncFor = visit_For

    def visit_ListComp(self, node: Any) -> Any:
        first = node.generators[0]
        iterated = self._look("whole", self.visit(first.iter))  # not by the comprehension itself
        first.iter = ast.Constant(None)
        before = self._hidden
        self._hidden = before | bound_in(*(each.target for each in node.generators))
        self.generic_visit(node)
        for each in node.generators[1:]:
            each.iter = self._look("whole", each.iter)
        self._hidden = before
        first.iter = iterated
        return node

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    # ----------------------------------------------------------------------- what is set

    def visit_Assign(self, node: ast.Assign) -> Any:
        names = bound_in(*node.targets)
        self.generic_visit(node)
        if any(isinstance(each, (ast.Tuple, ast.List)) for each in node.targets):
            node.value = self._look("whole", node.value)
        return [node, *self._set(names, node)]

    def visit_Delete(self, node: ast.Delete) -> Any:
        names = bound_in(*node.targets)
        self.generic_visit(node)
        return [node, *self._set(names, node)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            return node
        names = bound_in(node.target)
        node.target = self.visit(node.target)
        node.value = self.visit(node.value)
        return [node, *self._set(names, node)]

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        # What is counted up and down ends as the same number in either order.
        counts = isinstance(node.op, (ast.Add, ast.Sub))
        how = "count" if counts else "update"
        target = node.target
        told = []
        if isinstance(target, ast.Name):
            told = self._told(f"{how}_", {target.id}, node)
            if not told:  # not shared; but the list may be
                value = ast.copy_location(ast.Name(target.id, ast.Load()), target)
                told = [_located(ast.Expr(self._look("changed", value)), node)]
        elif isinstance(target, ast.Subscript):
            self._pair(target, f"{how}_item")
        elif not self._is_library(target.value):
            value = self.visit(target.value)
            target.value = self._look(f"{how}_attribute", value, self._spelt(target.attr))
        node.value = self.visit(node.value)
        return [*told, node]

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Any:
        node.value = self.visit(node.value)
        told = self._tell("set_", node.target.id, node)
        return node if told is None else self._look("after", node, told)

    def visit_With(self, node: Any) -> Any:
        names = bound_in(*(item.optional_vars for item in node.items))
        self.generic_visit(node)
        node.body[:0] = self._set(names, node)
        return node

    def visit_AsyncWith(self, node: ast.AsyncWith) -> Any:
        self.visit_With(node)
        for each in node.items:
            each.context_expr = self._look("awaited", each.context_expr)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> Any:
        self.generic_visit(node)
        if node.name is not None:
            node.body[:0] = self._set({node.name}, node)
        return node

    def visit_match_case(self, node: ast.match_case) -> Any:
        if node.guard is not None:
            node.guard = self.visit(self._tested(node.guard))
        names = bound_in(node.pattern)
        node.body = self._block(node.body)
        node.body[:0] = self._set(names, node.pattern)
        return node

    def visit_Import(self, node: Any) -> Any:
        names = {each.asname or each.name.partition(".")[0] for each in node.names}
        return [node, *self._set(names, node)]

    visit_ImportFrom = visit_Import

    # ----------------------------------------------------------------------- scopes

    def visit_FunctionDef(self, node: Any) -> Any:
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        self._visit_defaults(node.args)
        with self._inside(self._scopes.of(node), self._class):
            node.body = self._block(node.body)
        return [node, *self._set({node.name}, node)]

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        scope = self._scopes.of(node)
        self._visit_defaults(node.args)
        with self._inside(scope, self._class):
            node.body = self.visit(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.bases = [self.visit(each) for each in node.bases]
        node.keywords = [self.visit(each) for each in node.keywords]
        with self._inside(None, node.name):
            node.body = self._block(node.body)
        return [node, *self._set({node.name}, node)]

    def visit_TypeAlias(self, node: Any) -> Any:
        return node

    def _visit_defaults(self, arguments: ast.arguments) -> None:
        arguments.defaults = [self.visit(each) for each in arguments.defaults]
        arguments.kw_defaults = [each and self.visit(each) for each in arguments.kw_defaults]

    def _block(self, statements: list[ast.stmt]) -> list[Any]:
        block: list[Any] = []
        for each in statements:
            visited = self.visit(each)
            block.extend(visited if isinstance(visited, list) else [visited])
        return block

    @contextmanager
    def _inside(self, scope: Scope | None, class_name: str | None) -> Iterator[None]:
        before = self._scope, self._class, self._hidden
        self._scope, self._class, self._hidden = scope, class_name, set()
        yield
        self._scope, self._class, self._hidden = before

    # ----------------------------------------------------------------------- hooks

    def _look(self, hook: str, node: ast.expr, *arguments: Any) -> Any:
        """*node*, handed through that hook."""
        rest: list[Any] = [
            each if isinstance(each, ast.AST) else ast.Constant(each) for each in arguments
        ]
        return _located(ast.Call(_hook(hook), [node, *rest], []), node)

    def _set(self, names: Iterable[str], at: ast.AST) -> list[ast.stmt]:
        """Statements that tell that these names were set."""
        return self._told("set_", names, at)

    def _told(self, prefix: str, names: Iterable[str], at: ast.AST) -> list[ast.stmt]:
        told = [self._tell(prefix, name, at) for name in sorted(names)]
        return [_located(ast.Expr(each), at) for each in told if each is not None]

    def _tell(self, prefix: str, name: str, at: ast.AST) -> Any:
        """A call that tells of *name*; None if it is not shared."""
        scope = self._scope
        name = self._spelt(name)
        if scope is None or name in self._hidden:
            return None
        if name in scope.cells:
            no_arguments = ast.arguments([], [], None, [], [], None, [])
            cell = ast.Lambda(no_arguments, ast.Name(name, ast.Load()))
            return _located(ast.Call(_hook(f"{prefix}variable"), [cell], []), at)
        if name in scope.own or name not in self._scopes.variables:
            return None
        return _located(ast.Call(_hook(f"{prefix}global"), [ast.Constant(name)], []), at)

    def _spelt(self, name: str) -> str:
        return mangled(name, self._class)

    def _is_library(self, node: ast.expr) -> bool:
        """Is it a module of the standard library, by the name that it was imported by?"""
        if not isinstance(node, ast.Name) or node.id not in self._libraries:
            return False
        return self._scope is None or node.id not in self._scope.own


def _names_of_libraries(tree: ast.Module) -> set[str]:
    names = set()
    for node in tree.body:
        for each in node.names if isinstance(node, ast.Import) else ():
            top = each.name.partition(".")[0]
            if top in sys.stdlib_module_names:
                names.add(each.asname or top)
    return names


def _functions_of_libraries(tree: ast.Module) -> set[str]:
    """The functions that are imported by name from those that look through what they are given."""
    return {
        each.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and not node.level and node.module in LOOK_THROUGH
        for each in node.names
        if each.asname is None
    }


def _stand_in(hook: str) -> str:
    """What stands in the source that is compiled, where the hook itself cannot."""
    return f"<eagerly's {hook}>"


def _hook(hook: str) -> ast.Constant:
    return ast.Constant(_stand_in(hook))


def _located(node: Any, at: ast.AST) -> Any:
    """*node* on the line where *at* begins, so that a hook knows where it was called."""
    for each in ast.walk(node):
        if "lineno" in each._attributes and not hasattr(each, "lineno"):
            ast.copy_location(each, at)
    return node
