"""Whether a statement at the top of a file does nothing but bind names.

Such a statement matters only where its names are read. In doubt it is not pure: then it counts for
every node whose file, directly or not, imports it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Sequence

from seeknal.project.python.syntax import dotted

Known = Mapping[str, Sequence[ast.stmt]]
_CALLS = {
    *("bool", "bytes", "dict", "float", "frozenset", "int", "len", "list", "max", "min", "range"),
    *("round", "set", "sorted", "str", "sum", "tuple", "zip", "enumerate", "reversed", "object"),
    *("abs", "all", "any", "divmod", "chr", "ord", "repr", "isinstance"),
    *("Decimal", "decimal.Decimal", "Path", "pathlib.Path", "re.compile", "namedtuple"),
    *("collections.namedtuple", "logging.getLogger", "getLogger", "TypeVar", "NewType"),
    *("typing.TypeVar", "typing.NewType", "Fraction", "fractions.Fraction"),
    *("date", "datetime", "timedelta", "datetime.date", "datetime.datetime", "datetime.timedelta"),
    *("field", "dataclasses.field", "auto", "enum.auto"),
}
_METHODS = {
    *("lower", "upper", "strip", "lstrip", "rstrip", "split", "join", "format", "items", "keys"),
    *("values", "get", "copy", "replace", "startswith", "endswith", "title", "casefold", "encode"),
    *("decode", "union", "intersection", "difference", "index", "count"),
}
"""Methods of built-in values that change nothing."""
KNOWN_DECORATORS = {
    *("dataclass", "dataclasses.dataclass", "staticmethod", "classmethod", "property"),
    *("cache", "functools.cache", "lru_cache", "functools.lru_cache", "cached_property"),
    *("functools.cached_property", "contextmanager", "contextlib.contextmanager"),
    *("abstractmethod", "abc.abstractmethod", "final", "typing.final", "override"),
    *("enum.unique", "unique", "total_ordering", "functools.total_ordering", "overload"),
    *("typing.overload",),
}
_BASES = {
    *("object", "Exception", "ValueError", "RuntimeError", "TypeError", "KeyError", "ABC"),
    *("abc.ABC", "Enum", "enum.Enum", "IntEnum", "enum.IntEnum", "StrEnum", "enum.StrEnum"),
    *("NamedTuple", "typing.NamedTuple", "TypedDict", "typing.TypedDict", "Protocol"),
    *(
        "typing.Protocol",
        "Generic",
        "typing.Generic",
        "str",
        "int",
        "float",
        "dict",
        "list",
        "tuple",
        "set",
    ),
}


def is_pure(statement: ast.stmt, known: Known, ours: Mapping[str, str]) -> bool:
    """``known``: what the file binds at its top; ``ours``: its names of our decorators."""
    return _Judge(known, ours).statement(statement)


def is_main_guard(statement: ast.AST) -> bool:
    """``if __name__ == "__main__":``, whose body never runs here."""
    return (
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Compare)
        and isinstance(statement.test.left, ast.Name)
        and statement.test.left.id == "__name__"
        and isinstance(statement.test.ops[0], ast.Eq)
        and len(statement.test.ops) == 1
        and isinstance(statement.test.comparators[0], ast.Constant)
        and statement.test.comparators[0].value == "__main__"
    )


class _Judge:
    """Looks at statements and expressions; ``local`` are names that hold built-in values."""

    def __init__(
        self, known: Known, ours: Mapping[str, str], seen: frozenset[str] = frozenset()
    ) -> None:
        self.known = known
        self.ours = ours
        self.seen = seen
        self.local: set[str] = set()

    def statement(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
            return True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self.function(node)
        if isinstance(node, ast.ClassDef):
            return self.class_(node)
        if isinstance(node, ast.Expr):
            return isinstance(node.value, ast.Constant)
        if isinstance(node, ast.Assign):
            return all(map(_is_names, node.targets)) and self.value(node.value)
        if isinstance(node, ast.AnnAssign):
            value = node.value
            return isinstance(node.target, ast.Name) and (value is None or self.value(value))
        return self.compound(node)

    def compound(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.If):
            if is_main_guard(node):
                return self.body(node.orelse)
            return self.plain(node.test) and self.body(node.body) and self.body(node.orelse)
        if isinstance(node, ast.For):
            targets = {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
            if not _is_names(node.target) or not self.plain(node.iter):
                return False
            self.local |= targets
            return self.body(node.body) and self.body(node.orelse)
        if isinstance(node, ast.Try):
            handlers = [entry for handler in node.handlers for entry in handler.body]
            return self.body([*node.body, *handlers, *node.orelse, *node.finalbody])
        return False

    def body(self, nodes: Sequence[ast.stmt]) -> bool:
        return all(self.statement(node) for node in nodes)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        defaults = [*node.args.defaults, *(entry for entry in node.args.kw_defaults if entry)]
        return all(map(self.decorator, node.decorator_list)) and all(map(self.value, defaults))

    def decorator(self, node: ast.expr) -> bool:
        call = node if isinstance(node, ast.Call) else None
        name = dotted(call.func if call else node) or ""
        given = [*call.args, *(word.value for word in call.keywords)] if call else []
        if name in self.ours:
            # What it says is worked out when the file is imported, by whatever it calls.
            return all(map(self.value, given))
        return (
            name in KNOWN_DECORATORS and self.is_pythons_own(name) and all(map(self.value, given))
        )

    def is_pythons_own(self, name: str) -> bool:
        """Whether a name is a builtin, or comes from the standard library."""
        found = self.known.get(name.partition(".")[0], ())
        return "*" not in self.known and all(map(_is_of_python, found))

    def class_(self, node: ast.ClassDef) -> bool:
        if node.keywords or not all(map(self.decorator, node.decorator_list)):
            return False
        if not all(map(self.base, node.bases)):
            return False
        return _Judge(self.known, self.ours, self.seen).body(node.body)

    def base(self, node: ast.expr) -> bool:
        name = dotted(node.value if isinstance(node, ast.Subscript) else node) or ""
        found = self.known.get(name.partition(".")[0], ())
        if self.is_pythons_own(name):
            return name in _BASES
        if name in self.seen:
            return False
        deeper = _Judge(self.known, self.ours, self.seen | {name})
        return all(
            isinstance(entry, ast.ClassDef)
            and deeper.class_(entry)
            and not any(
                isinstance(inner, ast.FunctionDef) and inner.name == "__init_subclass__"
                for inner in entry.body
            )
            for entry in found
        )

    def value(self, node: ast.expr) -> bool:
        """Whether computing ``node`` changes nothing."""
        if isinstance(node, ast.Name | ast.Constant | ast.Lambda):
            return not isinstance(node, ast.Lambda) or all(map(self.value, node.args.defaults))
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return all(map(self.value, node.elts))
        if isinstance(node, ast.Dict):
            keys = [key for key in node.keys if key]
            return all(map(self.plain, keys)) and all(map(self.value, node.values))
        if isinstance(node, ast.Attribute):
            return self.is_of_class(dotted(node) or "")
        return self.plain(node)

    def is_of_class(self, name: str) -> bool:
        """``Color.RED`` or ``math.pi``: asking for it runs nobody's code."""
        found = self.known.get(name.partition(".")[0], ())
        return bool(found) and (
            self.is_pythons_own(name) or all(isinstance(entry, ast.ClassDef) for entry in found)
        )

    def plain(self, node: ast.AST) -> bool:
        """Whether ``node`` is a built-in value, made of such: nobody's own code runs for it."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Name):
            return node.id in self.local or self.holds_plain(node.id)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return all(map(self.plain, node.elts))
        if isinstance(node, ast.Dict):
            parts = [*(key for key in node.keys if key), *node.values]
            return all(map(self.plain, parts))
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp):
            return self.comprehension(node)
        if isinstance(
            node,
            ast.BinOp
            | ast.UnaryOp
            | ast.BoolOp
            | ast.Compare
            | ast.IfExp
            | ast.Subscript
            | ast.Slice
            | ast.JoinedStr
            | ast.FormattedValue
            | ast.Starred,
        ):
            return all(
                self.plain(child)
                for child in ast.iter_child_nodes(node)
                if isinstance(child, ast.expr)
            )
        return False

    def call(self, node: ast.Call) -> bool:
        given = [*node.args, *(word.value for word in node.keywords)]
        method = node.func if isinstance(node.func, ast.Attribute) else None
        if method is not None and method.attr in _METHODS and self.plain(method.value):
            return all(map(self.plain, given))
        name = dotted(node.func)
        if name not in _CALLS or not self.is_pythons_own(name):
            return False
        simple = name in ("field", "dataclasses.field", "TypeVar", "typing.TypeVar", "NewType")
        dunder = isinstance(given[0], ast.Name) and given[0].id == "__name__" if given else False
        return dunder or all(map(self.value if simple else self.plain, given))

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp) -> bool:
        before = set(self.local)
        try:
            for part in node.generators:
                if not self.plain(part.iter) or not _is_names(part.target):
                    return False
                self.local |= {n.id for n in ast.walk(part.target) if isinstance(n, ast.Name)}
                if not all(map(self.plain, part.ifs)):
                    return False
            parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            return all(map(self.plain, parts))
        finally:
            self.local = before

    def holds_plain(self, name: str) -> bool:
        found = self.known.get(name)
        if not found or name in self.seen:
            return name in ("__name__", "__file__") and not found
        deeper = _Judge(self.known, self.ours, self.seen | {name})
        return all(
            isinstance(entry, ast.Assign | ast.AnnAssign)
            and entry.value is not None
            and all(map(_is_names, _targets(entry)))
            and deeper.plain(entry.value)
            for entry in found
        )


def _is_of_python(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ImportFrom):
        names = [statement.module or ""] if not statement.level else [""]
    elif isinstance(statement, ast.Import):
        names = [alias.name for alias in statement.names]
    else:
        return False
    return all(name.partition(".")[0] in sys.stdlib_module_names for name in names)


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _is_names(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List):
        return all(map(_is_names, node.elts))
    return isinstance(node, ast.Name)
