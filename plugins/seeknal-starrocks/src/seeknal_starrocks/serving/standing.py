"""What there is at the place of a view, and around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import DeliveryError
from seeknal_starrocks.addresses import DEFAULT_CATALOG
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.granting import granted
from seeknal_starrocks.server import Lost, text
from seeknal_starrocks.serving.schedule import shown_schedule
from seeknal_starrocks.serving.view import mark_of
from seeknal_starrocks.tablename import Table

if TYPE_CHECKING:
    from seeknal_starrocks.serving.desk import Desk
    from seeknal_starrocks.serving.schedule import Schedule
    from seeknal_starrocks.serving.view import Mark

_PROPERTY = re.compile(r'^"((?:[^"\\]|\\.)+)" = "((?:[^"\\]|\\.)*)",?$', re.MULTILINE)
_COMMENT = re.compile(r"\[seeknal \S*\](?=[\"']$)", re.MULTILINE)
_OF_BASE = "base-"
"""How the reason begins for which a view is inactive that somebody else's change has made so."""
_WHAT = "MATERIALIZED VIEW"
_NOT_SHOWN = re.compile(r"Access denied|Unknown (?:table|database)|not understood", re.IGNORECASE)
"""Rights are shown to administrators, and not by old releases."""
BESIDE = "__seeknal_"
"""Follows a view's name in that of one that is to take its place."""


@frozen(kw_only=True)
class Standing:
    """A view, or whatever has its name. ``mark`` is None for what we have not made."""

    mark: Mark | None
    active: bool = True
    reason: str = ""
    schedule: Schedule | None = None
    properties: Mapping[str, str]

    @property
    def put_aside(self) -> bool:
        """Whether it is inactive for what has become of its tables."""
        return not self.active and self.reason.startswith(_OF_BASE)


def standing_at(place: Table, desk: Desk) -> Standing | None:
    """None where nothing has that name."""
    found = desk.ask(
        "SELECT TABLE_COMMENT FROM information_schema.tables WHERE TABLE_SCHEMA ="
        f" {text(place.database)} AND TABLE_NAME = {text(place.name)}"
    )
    if not found:
        return None
    states = desk.ask(
        "SELECT IS_ACTIVE, INACTIVE_REASON FROM information_schema.materialized_views WHERE"
        f" TABLE_SCHEMA = {text(place.database)} AND TABLE_NAME = {text(place.name)}"
    )
    if not states:
        return Standing(mark=None, properties={})
    shown = _definition(place, desk)
    mark = mark_of(str(found[0][0] or "")) or _shown_mark(shown)
    active, reason = states[0]
    return Standing(
        mark=mark,
        active=str(active).lower() in ("true", "1"),
        reason=str(reason or ""),
        schedule=shown_schedule(shown),
        properties={_said(key): _said(value) for key, value in _PROPERTY.findall(shown)},
    )


def _definition(place: Table, desk: Desk) -> str:
    written = ".".join(map(quoted, (DEFAULT_CATALOG, place.database, place.name)))
    return str(desk.ask(f"SHOW CREATE MATERIALIZED VIEW {written}")[0][1])


def _shown_mark(definition: str) -> Mark | None:
    """That of a definition: not every release has comments of views in information_schema."""
    comment = _COMMENT.search(definition)
    return mark_of(comment[0]) if comment is not None else None


def _said(written: str) -> str:
    return re.sub(r"\\(.)", r"\1", written)


def left_beside(place: Table, mark: Mark, desk: Desk) -> list[str]:
    """Views of earlier attempts that were to take the place of this one, or have been there."""
    begins = f"{place.name}{BESIDE}"
    found = desk.ask(
        "SELECT TABLE_NAME FROM information_schema.materialized_views WHERE TABLE_SCHEMA ="
        f" {text(place.database)} ORDER BY TABLE_NAME"
    )
    names = [str(row[0]) for row in found if str(row[0]).startswith(begins)]
    marks = {name: _shown_mark(_definition(place.beside(name), desk)) for name in names}
    return [name for name, other in marks.items() if other is not None and other.is_of(mark)]


@frozen(kw_only=True)
class Grants:
    """Rights on a view. ``unread``: why they could not be read."""

    given: Sequence[tuple[str, tuple[str, ...], bool]] = ()
    """To whom, as GRANT names it, which, and whether they may be passed on."""
    unread: str | None = None

    def statements(self, place: Table, name: str) -> Iterator[str]:
        """Those that give them on another view."""
        to = ".".join(map(quoted, (place.database, name)))
        for grantee, rights, passed_on in self.given:
            further = " WITH GRANT OPTION" if passed_on else ""
            yield f"GRANT {', '.join(rights)} ON MATERIALIZED VIEW {to} TO {grantee}{further}"


def grants_on(place: Table, desk: Desk) -> Grants:
    """Those on this view alone: what is granted on all of a database stays."""
    found: dict[tuple[str, bool], list[str]] = {}
    try:
        for kind in ("USER", "ROLE"):
            for grantee, right, passed_on in granted(desk.server, place, kind, _WHAT):
                found.setdefault((f"{kind} {grantee}", passed_on), []).append(right)
    except Lost:
        raise
    except DeliveryError as error:
        if not _NOT_SHOWN.search(error.message):
            raise
        return Grants(unread=error.message)
    return Grants(given=[(to, tuple(sorted(rights)), on) for (to, on), rights in found.items()])


def put_aside_on_top(place: Table, desk: Desk) -> list[Table]:
    """Views that read this one, however far, and are inactive for it: those first that others read.

    What was switched off by somebody is left alone.
    """
    rows = desk.ask(
        "SELECT TABLE_SCHEMA, TABLE_NAME, IS_ACTIVE, INACTIVE_REASON, MATERIALIZED_VIEW_DEFINITION"
        " FROM information_schema.materialized_views"
    )
    known = {
        Table(database=str(database), name=str(name)): str(definition or "")
        for database, name, _, _, definition in rows
    }
    inactive = {
        Table(database=str(database), name=str(name))
        for database, name, active, reason, _ in rows
        if str(active).lower() not in ("true", "1") and str(reason or "").startswith(_OF_BASE)
    }
    reached = [place]
    for base in reached:
        reached += [
            each
            for each, definition in known.items()
            if each not in reached and _names(base.name, definition)
        ]
    # Of those between, some may be kept up to date again already.
    return _in_order([each for each in reached[1:] if each in inactive], known)


def on_top(place: Table, desk: Desk) -> list[Table]:
    """Views that may read this one: whose definitions have its name."""
    found = [
        *desk.ask(
            "SELECT TABLE_SCHEMA, TABLE_NAME, MATERIALIZED_VIEW_DEFINITION"
            " FROM information_schema.materialized_views"
        ),
        *desk.ask("SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.views"),
    ]
    places = (
        Table(database=str(database), name=str(name))
        for database, name, definition in found
        if _names(place.name, str(definition or ""))
    )
    return [other for other in places if other != place and BESIDE not in other.name]


def _in_order(left: Sequence[Table], definitions: Mapping[Table, str]) -> list[Table]:
    """Each behind those that it reads."""
    found: list[Table] = []
    while left:
        ready = [
            each
            for each in left
            if not any(_names(other.name, definitions[each]) for other in left if other != each)
        ]
        found += ready or left
        left = [each for each in left if each not in found]
    return found


def _names(name: str, definition: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", definition) is not None
