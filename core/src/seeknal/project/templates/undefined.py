"""All that a template asks for in vain, found by rendering on after the first of it.

What a name without a meaning decides is left out: neither branch of its ``if`` is taken. So all
that is found is wrong, whatever the name would have meant.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping
from functools import cache
from types import FrameType
from typing import Any

from attrs import frozen

_KEPT = re.compile(r"{%-?\s*end(set|call|filter)\b")
"""What ends a part of a template whose text is a value to others."""


@frozen(kw_only=True)
class Missing:
    """Something that a template asks for and that is not there."""

    message: str
    name: str
    parts: Collection[str] | None = None
    """The names beside which it should stand. None: it is a name of the template's own."""
    file: str | None = None
    """The macro's file that asks for it; None: the template itself."""
    line: int = 1
    snippet: str | None = None
    """The snippet of common/ that asks for it, used in that line."""


class Found:
    """Gathers what is missing while a template is rendered.

    ``open`` names the snippets that are being filled in, the outermost first.
    """

    def __init__(self, text: str, open: list[str]) -> None:
        self.missing: dict[tuple[str, str | None], Missing] = {}
        self.noted = 0
        self.main: Any = None
        self._open = open
        self._keeps_text = bool(_KEPT.search(text))
        self._doubted = False

    def note(self, message: str, name: str, parts: Collection[str] | None = None) -> None:
        """Keep it, once, with the place where the template is just now."""
        self.noted += 1
        # What values that are not there were made into may be missing for their sake alone.
        if parts is not None and self._doubted:
            return
        file, line = self._place()
        found = Missing(
            message=message,
            name=name,
            parts=parts,
            file=file,
            line=line,
            snippet=self._open[0] if self._open else None,
        )
        self.missing.setdefault((message, file), found)

    def doubt(self, user: FrameType | None = None) -> None:
        """A value that is not there was made into another; its ``user`` may but have shown it."""
        shown = user is not None and user.f_code.co_name == "root" and self._is_main(user)
        self._doubted |= not shown or self._keeps_text

    def nothing(self, message: str, name: str) -> Any:
        """A value for what was noted."""
        return self.main.environment.undefined(message, name=name)

    def _place(self) -> tuple[str | None, int]:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            template = frame.f_globals.get("__jinja_template__")
            if template is not None and (self._is_main(frame) or template.name is not None):
                line = template.get_corresponding_lineno(frame.f_lineno)
                return (None if self._is_main(frame) else template.filename), line
            frame = frame.f_back
        return None, 1

    def _is_main(self, frame: FrameType) -> bool:
        return frame.f_globals.get("__jinja_template__") is self.main


def collecting(sandbox: Any, found: Found) -> Any:
    """A kind of ``sandbox`` whose templates note in ``found`` what is missing, and go on."""
    kind = _environment(sandbox)
    return type(kind.__name__, (kind,), {"found": found})


@cache
def _environment(sandbox: Any) -> Any:
    from jinja2 import Undefined

    class Environment(sandbox):  # type: ignore[misc]
        found: Found

        def __init__(self, **options: Any) -> None:
            undefined = type("Undefined", (_undefined(),), {"found": self.found})
            super().__init__(**{**options, "undefined": undefined})

        def _generate(self, source: Any, *names: Any, **options: Any) -> Any:
            guarded = _guards()().visit(source)
            guarded.set_environment(self)
            return super()._generate(guarded, *names, **options)

        def noted(self) -> int:
            return self.found.noted

        def is_known(self, before: int, value: object) -> bool:
            """Whether a value was had without anything that is missing."""
            if isinstance(value, Undefined):
                value._fail_with_undefined_error()
            return self.found.noted == before

    return Environment


@cache
def _undefined() -> Any:
    from jinja2 import Undefined

    class Nothing(Undefined):
        """A value that is not there, and what is made of it."""

        __slots__ = ()
        found: Found

        def _fail_with_undefined_error(self, *words: Any, **named: Any) -> Any:
            name = self._undefined_name
            if name is None or isinstance(name, str | int):
                self.found.note(self._undefined_message, str(name or ""), self._parts())
            return self

        def _parts(self) -> Collection[str] | None:
            from jinja2.utils import missing

            whole = self._undefined_obj
            if whole is missing:
                return () if self._undefined_hint else None
            names = whole if isinstance(whole, Mapping) else dir(whole)
            return [name for name in map(str, names) if not name.startswith("_")]

        def __getattr__(self, name: str) -> Any:
            if name[:2] == "__":
                raise AttributeError(name)
            if name in ("unsafe_callable", "alters_data", "jinja_pass_arg"):
                return False
            return self._fail_with_undefined_error()

        def __str__(self) -> str:
            self._fail_with_undefined_error()
            self.found.doubt(sys._getframe(1))
            return ""

        def _empty(self) -> int:
            self._fail_with_undefined_error()
            self.found.doubt()
            return 0

        def __bool__(self) -> bool:
            return bool(self._empty())

        def __iter__(self) -> Any:
            self._empty()
            return iter(())

        def __contains__(self, value: object) -> bool:
            return bool(self._empty())

        __len__ = __int__ = __hash__ = _empty  # type: ignore[assignment]
        __eq__ = __ne__ = _fail_with_undefined_error
        __add__ = __radd__ = __sub__ = __rsub__ = _fail_with_undefined_error
        __mul__ = __rmul__ = __mod__ = __rmod__ = _fail_with_undefined_error
        __float__ = __complex__ = _fail_with_undefined_error
        __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _fail_with_undefined_error
        __pow__ = __rpow__ = __pos__ = __neg__ = _fail_with_undefined_error
        __lt__ = __le__ = __gt__ = __ge__ = _fail_with_undefined_error
        __call__ = __getitem__ = _fail_with_undefined_error

    return Nothing


@cache
def _guards() -> Any:
    from jinja2 import nodes
    from jinja2.visitor import NodeTransformer

    def known(value: Any) -> Any:
        before = call("noted")
        return call("is_known", before, value)

    def call(name: str, *values: Any) -> Any:
        return nodes.Call(nodes.EnvironmentAttribute(name), list(values), [], None, None)

    class Guards(NodeTransformer):
        """Lets what depends on a value be rendered only where the value is there."""

        def visit_If(self, node: Any) -> Any:
            rest = [self.visit(entry) for entry in node.else_]
            for branch in (*reversed(node.elif_), node):
                body = [self.visit(entry) for entry in branch.body]
                test, line = self.visit(branch.test), branch.lineno
                chosen = nodes.If(test, body, [], rest, lineno=line)
                rest = [nodes.If(known(test), [chosen], [], [], lineno=line)]
            return rest[0]

        def visit_For(self, node: Any) -> Any:
            self.generic_visit(node)
            if node.test is not None:
                node.else_ = []
            return nodes.If(known(node.iter), [node], [], [], lineno=node.lineno)

        def visit_CondExpr(self, node: Any) -> Any:
            self.generic_visit(node)
            return nodes.CondExpr(known(node.test), node, nodes.Const(""), lineno=node.lineno)

        def visit_Or(self, node: Any) -> Any:
            self.generic_visit(node)
            return nodes.CondExpr(known(node.left), node, nodes.Const(""), lineno=node.lineno)

    return Guards
