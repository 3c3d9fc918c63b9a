"""Changes of a YAML text that leave every other character of it as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from seeknal.unittests.yamltext import key, row_text
from seeknal.values.patterns import Pattern

_BLANK = " \t\r\n"
_COMMENT = Pattern(r"(^|\s)#")


class Unwritable(Exception):
    """A text that cannot be changed so that all else stays; the message says why."""


@frozen
class Edit:
    """What stands from ``start`` to ``end``, and the text that comes in its place."""

    start: int
    end: int
    text: str


@frozen
class NewRow:
    """A row that was not there: its values, written down, by the names of columns."""

    cells: Mapping[str, str]


@frozen
class OldRow:
    """A row that was there, by its place, with what of it is written anew.

    ``cells`` are its new values, some of keys that it did not have, ``gone`` the keys that go.
    """

    place: int
    cells: Mapping[str, Callable[[str | None], str]] = field(factory=dict)
    gone: frozenset[str] = frozenset()


Wanted = Sequence[NewRow | OldRow]


class Splicer:
    """Finds the places of a text's changes. ``text`` is what ``yaml`` composed nodes of."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"

    def edited(self, edits: Iterable[Edit]) -> str:
        text = self.text
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text

    def value(self, mapping: Any, name: str) -> Any | None:
        """The value of a key, in the place where it is written."""
        for each, value in mapping.value:
            if each.value == name:
                if value.start_mark.index < each.end_mark.index:
                    raise Unwritable(f"{name}: stands elsewhere, as an anchor's value")
                return value
        return None

    def scalar(self, node: Any, text: str) -> Edit:
        """Another value in place of one."""
        start, end = node.start_mark.index, self.end(node)
        if node.id == "scalar" and start == end:
            # Nothing stood there, right behind the colon or a space.
            return Edit(start, end, text if self.text[start - 1 : start] in " {[" else f" {text}")
        old = self.text[start:end]
        self.refuse_comments(old if node.id != "scalar" else "")
        if node.id == "scalar" and node.style in ("|", ">"):
            return Edit(start, self.end_of_block(node), text + self.newline)
        return Edit(start, end, text)

    def sequence(self, node: Any, texts: Sequence[str]) -> Edit:
        """Other plain items in place of all of a list."""
        start, end = node.start_mark.index, self.end(node)
        self.refuse_comments(self.text[start:end])
        if node.flow_style or not node.value:
            return Edit(start, end, f"[{', '.join(texts)}]")
        indent = " " * node.start_mark.column
        return Edit(start, end, f"{self.newline}{indent}".join(f"- {text}" for text in texts))

    def mapping(self, node: Any, pairs: Sequence[tuple[str, str]]) -> Edit:
        """Other keys and values in place of all of a mapping."""
        start, end = node.start_mark.index, self.end(node)
        self.refuse_comments(self.text[start:end])
        texts = [f"{key(name)}: {text}" for name, text in pairs]
        if node.flow_style or not node.value:
            return Edit(start, end, f"{{{', '.join(texts)}}}")
        return Edit(start, end, f"{self.newline}{' ' * node.start_mark.column}".join(texts))

    def rows(self, parent: Any, node: Any, wanted: Wanted) -> list[Edit]:
        """Other rows in place of a list's. ``parent`` is the mapping that it stands in."""
        if node.id == "sequence":
            self.refuse_anchors(node)
        if node.id == "sequence" and node.value and not node.flow_style:
            return self.block_rows(parent, node, wanted)
        new = [row for row in wanted if isinstance(row, NewRow)]
        if (node.id == "sequence" and node.value) or parent.flow_style:
            return [self.flow_rows(node, wanted)]
        return self.first_rows(parent, node, new) if new else []

    def flow_rows(self, node: Any, wanted: Wanted) -> Edit:
        start, end = node.start_mark.index, self.end(node)
        old = self.text[start:end]
        self.refuse_comments(old)
        items = node.value if node.id == "sequence" else []
        texts = [
            row_text(row.cells) if isinstance(row, NewRow) else self.row(items[row.place], row)
            for row in wanted
        ]
        if "\n" not in old or not items:
            space = "" if self.text[start - 1 : start] in " [{" or start < end else " "
            return Edit(start, end, f"{space}[{', '.join(texts)}]")
        indent = " " * items[0].start_mark.column
        comma = f",{self.newline}{indent}"
        head = self.text[start : items[0].start_mark.index]
        tail = self.text[self.end(items[-1]) : end]
        return Edit(start, end, f"{head}{comma.join(texts)}{tail}" if texts else "[]")

    def first_rows(self, parent: Any, node: Any, rows: Sequence[NewRow]) -> list[Edit]:
        """Rows where there were none: lines below the key."""
        colon, end = self.colon(parent, node), self.end(node)
        at = self.line_end(max(end, colon))
        indent = " " * (parent.start_mark.column + 2)
        lines = "".join(f"{indent}- {row_text(row.cells)}{self.newline}" for row in rows)
        before = "" if self.text[at - 1 : at] == "\n" else self.newline
        written = [Edit(colon, end, "")] if end > colon else []
        return [*written, Edit(at, at, before + lines)]

    def colon(self, parent: Any, node: Any) -> int:
        """Behind the colon of the key whose value a node is."""
        name = next(each for each, value in parent.value if value is node)
        return self.text.index(":", name.end_mark.index) + 1

    def block_rows(self, parent: Any, node: Any, wanted: Wanted) -> list[Edit]:
        items = node.value
        chunks = [self.chunk(item) for item in items]
        dash = self.text[chunks[0][0] : items[0].start_mark.index]
        if "\n" in dash:
            dash = dash.split("-")[0] + "- "
        texts = [
            self.new_item(row, items[-1], dash)
            if isinstance(row, NewRow)
            else self.old_item(items[row.place], chunks[row.place], row)
            for row in wanted
        ]
        if not texts:
            return self.no_rows(self.colon(parent, node), chunks)
        kept = _rising([row.place if isinstance(row, OldRow) else None for row in wanted])
        behind: dict[int, list[str]] = {place: [] for place in range(-1, len(items))}
        last = -1
        for number, (row, text) in enumerate(zip(wanted, texts, strict=True)):
            if number in kept and isinstance(row, OldRow):
                last = row.place
            elif number > max(kept, default=-1):
                last = len(items) - 1
            behind[last].append(text)
        at = chunks[0][0]
        edits = [Edit(at, at, self.lines(behind[-1]))] if behind[-1] else []
        for (start, end), lines in zip(chunks, list(behind.values())[1:], strict=True):
            whole = self.lines(lines)
            if not self.text[start:end].endswith("\n"):
                whole = whole.removesuffix(self.newline)
            if whole != self.text[start:end]:
                edits.append(Edit(start, end, whole))
        return edits

    def lines(self, texts: Sequence[str]) -> str:
        return "".join(text if text.endswith("\n") else text + self.newline for text in texts)

    def no_rows(self, colon: int, chunks: Sequence[tuple[int, int]]) -> list[Edit]:
        """An empty list behind the key, as nothing at all would be null."""
        return [Edit(colon, colon, " []"), *(Edit(*chunk, "") for chunk in chunks)]

    def new_item(self, row: NewRow, like: Any, dash: str) -> str:
        if like.id != "mapping" or like.flow_style or not row.cells:
            return f"{dash}{row_text(row.cells)}{self.newline}"
        lines = [f"{key(name)}: {text}" for name, text in row.cells.items()]
        indent = self.newline + " " * len(dash)
        return f"{dash}{indent.join(lines)}{self.newline}"

    def old_item(self, item: Any, chunk: tuple[int, int], row: OldRow) -> str:
        start, end = chunk
        at, till = item.start_mark.index, self.end(item)
        return self.text[start:at] + self.row(item, row) + self.text[till:end]

    def row(self, node: Any, row: OldRow) -> str:
        """The text of a row with its changes."""
        start, end = node.start_mark.index, self.end(node)
        if not row.cells and not row.gone:
            return self.text[start:end]
        if node.id != "mapping" or any(each.value == "<<" for each, _ in node.value):
            raise Unwritable("a row is made of an anchor's value")
        if any(value.start_mark.index < each.end_mark.index for each, value in node.value):
            raise Unwritable("a value of a row is that of an anchor")
        names = {each.value for each, _ in node.value}
        edits = [
            self.scalar(value, row.cells[each.value](getattr(value, "style", None)))
            for each, value in node.value
            if each.value in row.cells and each.value not in row.gone
        ]
        more = {name: make(None) for name, make in row.cells.items() if name not in names}
        if row.gone & names:
            return self.rebuilt(node, row, more)
        edits += self.added(node, more)
        inside = Splicer(self.text[start:end])
        inside.newline = self.newline
        return inside.edited(Edit(e.start - start, e.end - start, e.text) for e in edits)

    def added(self, node: Any, more: Mapping[str, str]) -> list[Edit]:
        """Keys behind the last one of a row."""
        if not more:
            return []
        texts = [f"{key(name)}: {text}" for name, text in more.items()]
        if not node.value:
            return [Edit(node.start_mark.index, self.end(node), f"{{{', '.join(texts)}}}")]
        at = self.end(node.value[-1][1])
        if node.flow_style:
            return [Edit(at, at, "".join(f", {text}" for text in texts))]
        comment = self.text[at : self.line_end(at)].strip()
        if comment:
            # Before the last key, whose comment stays behind it.
            at = node.value[-1][0].start_mark.index
            indent = self.newline + " " * node.start_mark.column
            return [Edit(at, at, "".join(f"{text}{indent}" for text in texts))]
        indent = self.newline + " " * node.start_mark.column
        return [Edit(at, at, "".join(f"{indent}{text}" for text in texts))]

    def rebuilt(self, node: Any, row: OldRow, more: Mapping[str, str]) -> str:
        """A row without some of its keys."""
        start, end = node.start_mark.index, self.end(node)
        self.refuse_comments(self.text[start:end])
        parts = []
        for each, value in node.value:
            if each.value in row.gone:
                continue
            name = self.text[each.start_mark.index : each.end_mark.index]
            if each.value in row.cells:
                text = row.cells[each.value](getattr(value, "style", None))
            else:
                text = self.text[value.start_mark.index : self.end(value)]
            parts.append(f"{name}: {text}".rstrip())
        parts += [f"{key(name)}: {text}" for name, text in more.items()]
        if node.flow_style or not parts:
            return f"{{{', '.join(parts)}}}"
        return f"{self.newline}{' ' * node.start_mark.column}".join(parts)

    def chunk(self, item: Any) -> tuple[int, int]:
        """From the line of an item's dash to the end of its last line."""
        at = item.start_mark.index
        before = self.text[:at].rstrip(_BLANK)
        if not before.endswith("-"):
            raise Unwritable("a row has an anchor, or is an anchor's value")
        start = self.line_start(len(before) - 1)
        if self.text[start : len(before) - 1].strip():
            raise Unwritable("a row does not begin its line")
        return start, self.line_end(self.end(item))

    def end(self, node: Any) -> int:
        """Where a node's own text ends: a block's mark is behind the comments that follow it."""
        if node.id == "scalar" or node.flow_style:
            found = node.end_mark.index
            return self.end_of_block(node) if getattr(node, "style", "") in ("|", ">") else found
        if not node.value:
            return int(node.end_mark.index)
        last = node.value[-1]
        inner = last[1] if node.id == "mapping" else last
        start = last[0].end_mark.index if node.id == "mapping" else node.start_mark.index
        if inner.start_mark.index < start:
            raise Unwritable("a value is that of an anchor")
        return self.end(inner)

    def end_of_block(self, node: Any) -> int:
        """Where the last line of a text of several lines ends."""
        text = self.text[node.start_mark.index : node.end_mark.index].rstrip(_BLANK)
        return self.line_end(int(node.start_mark.index) + len(text))

    def line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """Behind the end of the line; the place itself where one begins."""
        if self.text[at - 1 : at] == "\n":
            return at
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found + 1

    def refuse_anchors(self, node: Any) -> None:
        """Raise Unwritable where an item is an anchor's value, which stands elsewhere."""
        at = node.start_mark.index - 1
        for item in node.value:
            if item.start_mark.index <= at:
                raise Unwritable("a row is that of an anchor")
            at = item.start_mark.index

    def refuse_comments(self, text: str) -> None:
        """Raise Unwritable where a comment would go with what is written anew."""
        if _COMMENT.search(text):
            raise Unwritable("there may be a comment in what would be written anew")


def _rising(places: Sequence[int | None]) -> set[int]:
    """Which entries of the list stay in order: as many as can, of those that have a place."""
    best: list[tuple[int, int | None]] = []
    for number, place in enumerate(places):
        length, before = 0, None
        if place is not None:
            for other in range(number):
                if (
                    (known := places[other]) is not None
                    and known < place
                    and best[other][0] > length
                ):
                    length, before = best[other][0], other
        best.append((length + 1 if place is not None else 0, before))
    at: int | None = max(range(len(best)), key=lambda n: best[n][0], default=None)
    found: set[int] = set()
    while at is not None and best[at][0]:
        found.add(at)
        at = best[at][1]
    return found
