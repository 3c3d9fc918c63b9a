"""Parts of dbt's files with the places of their keys, and what of them is left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from seeknal.plugin import Location, Marks

TEMPLATES = ("{{", "{%", "{#")


class NotCarried(Exception):
    """Something that has no exact equal. ``place`` is where it stands, ``why`` says it."""

    def __init__(self, place: Location, why: str) -> None:
        super().__init__(why)
        self.place = place
        self.why = why


@frozen(kw_only=True)
class LeftOut:
    """What was not carried over: ``what`` is missing now, for the reason at ``place``."""

    place: Location
    what: str
    why: str


@frozen(kw_only=True)
class Entry:
    """A mapping of a file, with the places of its keys."""

    data: Mapping[str, object]
    marks: Marks
    path: tuple[str | int, ...] = ()

    def place(self, *path: str | int) -> Location:
        """Where a key stands, or the entry itself."""
        return self.marks.key(*self.path, *path)

    def has(self, key: str) -> bool:
        return self.data.get(key) is not None

    def text(self, key: str) -> str | None:
        """A text as it stands. Raises NotCarried for what is none, and for a template."""
        value = self.data.get(key)
        if value is None or isinstance(value, str):
            self.check_plain(key, value or "")
            return value
        raise NotCarried(self.place(key), f"{key} is no text")

    def check_plain(self, key: str, text: str) -> None:
        """Raise NotCarried for a text that dbt would fill in."""
        if any(begin in text for begin in TEMPLATES):
            raise NotCarried(self.place(key), f"{key} has a template, which only dbt fills in")

    def needed(self, key: str) -> str:
        found = self.text(key)
        if not found:
            raise NotCarried(self.place(), f"{key} is missing")
        return found

    def word(self, key: str, known: Collection[str]) -> str | None:
        """One of some words, in whatever case they are written."""
        found = self.text(key)
        if found is None or found.lower() in known:
            return None if found is None else found.lower()
        why = f"{key} is {found!r}, which is none of {', '.join(known)}"
        raise NotCarried(self.place(key), why)

    def flag(self, key: str) -> bool:
        value = self.data.get(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise NotCarried(self.place(key), f"{key} is neither true nor false")

    def number(self, key: str) -> int | float | None:
        value = self.data.get(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise NotCarried(self.place(key), f"{key} is no number")

    def texts(self, key: str) -> list[tuple[str, Location]]:
        """One text or several, each with its place, templates and all."""
        value = self.data.get(key)
        values = value if isinstance(value, list) else [] if value is None else [value]
        found = []
        for number, each in enumerate(values):
            place = self.place(key, number) if isinstance(value, list) else self.place(key)
            if not isinstance(each, str):
                raise NotCarried(place, f"{key} is no text")
            found.append((each, place))
        return found

    def below(self, *keys: str) -> Entry:
        """The mapping at a path; an empty one where there is none."""
        found = self
        for key in keys:
            value = found.data.get(key)
            if value is not None and not isinstance(value, Mapping):
                raise NotCarried(found.place(key), f"{key} is no mapping")
            found = Entry(data=value or {}, marks=self.marks, path=(*found.path, key))
        return found

    def entries(self, key: str) -> Iterator[Entry]:
        """The mappings of a list."""
        value = self.data.get(key)
        if value is not None and not isinstance(value, list):
            raise NotCarried(self.place(key), f"{key} is no list")
        for number, each in enumerate(value or ()):
            if not isinstance(each, Mapping):
                raise NotCarried(self.place(key, number), f"an entry of {key} is no mapping")
            yield Entry(data=each, marks=self.marks, path=(*self.path, key, number))

    def named(self, key: str) -> Iterator[Entry]:
        """The mappings of a list, in which a name may stand for one."""
        value = self.data.get(key)
        if isinstance(value, list):
            value = [{"name": each} if isinstance(each, str) else each for each in value]
        yield from Entry(data={key: value}, marks=self.marks, path=self.path).entries(key)

    def check_keys(self, *known: str) -> None:
        """Raise NotCarried for a key that is not known, as nobody knows what it changes."""
        for key, value in self.data.items():
            if key not in known and value is not None:
                raise NotCarried(self.place(key), f"nothing is known of {key}")


def titled(what: str, entry: Entry) -> str:
    """What an entry is, with its name where it has one."""
    name = entry.data.get("name")
    return f"a {what}" if name is None else f"{what} {name}"


class Report:
    """What is left out so far. ``lost`` are the names of dimensions and entities among it."""

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []
        self.lost: set[str] = set()

    def add(self, what: str, place: Location, why: str) -> None:
        self.left_out.append(LeftOut(place=place, what=what, why=why))

    def notes(self, what: str, entry: Entry, *keys: str) -> None:
        """Keys that change no value and have no equal: what they belong to is carried over."""
        for key in keys:
            if entry.data.get(key) not in (None, False, [], {}):
                self.add(f"{what}: {key}", entry.place(key), "there is nothing of it here")
