"""DuckDB's names of types as trees: ``STRUCT(a INTEGER[])`` is a struct of a list of integers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from seeknal.sql.quote import quote_identifier
from seeknal.values.patterns import Pattern

_TOKEN = Pattern(r"""\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|\w+|[(),\[\]])""")
_ZONED = ("TIME", "TIMESTAMP")
_NESTED = ("STRUCT", "TUPLE", "UNION", "MAP")


@frozen(kw_only=True)
class TypeTree:
    """A type and those in it.

    ``name`` is LIST, ARRAY, MAP, STRUCT, TUPLE, UNION, or that of a type without others in it;
    ``text`` is how DuckDB writes the whole. ``fields`` are its parts with their names, if they
    have any.
    """

    name: str
    text: str
    fields: tuple[tuple[str | None, TypeTree], ...] = ()
    size: int = 0

    @property
    def parts(self) -> tuple[TypeTree, ...]:
        return tuple(type for _, type in self.fields)

    def spelled(self, parts: Sequence[str]) -> str:
        """The type's text with other parts."""
        if not parts:
            return self.text
        if self.name == "LIST":
            return f"{parts[0]}[]"
        if self.name == "ARRAY":
            return f"{parts[0]}[{self.size}]"
        items = [
            part if name is None else f"{quote_identifier(name)} {part}"
            for (name, _), part in zip(self.fields, parts, strict=True)
        ]
        return f"{self.name}({', '.join(items)})"

    def walk(self) -> Iterator[TypeTree]:
        """The type and all in it."""
        yield self
        for part in self.parts:
            yield from part.walk()


def type_tree(text: str) -> TypeTree:
    """The tree of a type as DuckDB writes it. Raises ValueError for what it never writes."""
    parser = _Parser(text)
    found = parser.type()
    if parser.peek():
        raise ValueError(f"{parser.peek()!r} is left over in the type {text!r}")
    return found


class _Parser:
    """Reads the tokens of a type from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_TOKEN.finditer(text))
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place][1] if place < len(self.tokens) else ""

    def take(self) -> str:
        if not self.peek():
            raise ValueError(f"the type {self.text!r} ends too early")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def type(self) -> TypeTree:
        start = self.tokens[self.at].start(1) if self.peek() else 0
        found = self.unsuffixed(start)
        while self.peek() == "[":
            self.take()
            size = 0 if self.peek() == "]" else int(self.take())
            self.take()
            name = "ARRAY" if size else "LIST"
            found = TypeTree(name=name, text=self.since(start), fields=((None, found),), size=size)
        return found

    def unsuffixed(self, start: int) -> TypeTree:
        name = self.take()
        if name in _ZONED and self.peek() == "WITH":
            for _ in range(3):
                name += f" {self.take()}"
        if self.peek() != "(":
            return TypeTree(name=name, text=self.since(start))
        self.take()
        fields: list[tuple[str | None, TypeTree]] = []
        while self.peek() != ")":
            if name in _NESTED:
                fields.append(self.field(named=name != "MAP"))
            else:
                self.take()
            if self.peek() == ",":
                self.take()
        self.take()
        return TypeTree(name=name, text=self.since(start), fields=tuple(fields))

    def field(self, *, named: bool) -> tuple[str | None, TypeTree]:
        """A field's name, where it has one, and its type: a name is what a type follows."""
        follows = self.peek(1)
        zoned = self.peek() in _ZONED and follows == "WITH"
        if not named or zoned or follows in ("", "(", ")", ",", "["):
            return None, self.type()
        name = self.take()
        if name.startswith('"'):
            name = name[1:-1].replace('""', '"')
        return name, self.type()

    def since(self, start: int) -> str:
        return self.text[start : self.tokens[self.at - 1].end(1)]
