"""What a node's file says of the age of its rows, and what is wrong with that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.project.keys import PeriodKeys
from seeknal.project.zones import zone_fault
from seeknal.values.freshness import Freshness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.kernel.kinds import NodeKind
    from seeknal.project.keys import CommonKeys, FreshnessKeys
    from seeknal.project.raw import RawNode
    from seeknal.values.durations import Duration
    from seeknal.values.marks import Marks
    from seeknal.values.problems import Problems

_KEY, _BESIDE = "freshness", "loaded_at_field"
_LONGEST = 36_500 * 86_400
_SPELLINGS = ("column", "loaded_at_field", "time_column")
_HOW = "freshness: {warn_after: 12h, error_after: 1d}"


def freshness_of(
    raw: RawNode,
    data: Mapping[str, object],
    common: CommonKeys,
    kind: NodeKind,
    problems: Problems,
) -> Freshness | None:
    """What a node says, with what ``defaults:`` say; None for one of which no age is asked.

    What is wrong goes to ``problems``. ``data`` are its keys with those of ``defaults:``, which
    are for other nodes where they do not fit.
    """
    own = raw.data.get(_KEY) is not None or raw.data.get(_BESIDE) is not None
    found = _Given(data, raw.marks, problems)
    if not kind.produces_rows:
        if own:
            found.refuse_without_rows(kind)
        return None
    if common.freshness is None:
        if raw.data.get(_BESIDE) is not None and data.get(_KEY) is None:
            found.refuse_beside()
        return None
    keys, beside = common.freshness, common.loaded_at_field
    if _KEY in raw.data and _BESIDE not in raw.data and keys.column is not None:
        # What the node itself says wins.
        beside = None
    elif _BESIDE in raw.data and _KEY not in raw.data:
        keys = evolve(keys, column=None)
    column = found.column(keys, beside)
    if common.materialized == "view" and column is None:
        if own:
            found.refuse_view()
        return None
    return found.read(keys, column, common.timezone)


def check_defaults(
    data: Mapping[str, object], common: CommonKeys, marks: Marks, problems: Problems
) -> None:
    """Tell what ``defaults:`` say of freshness that is wrong for every node."""
    if common.freshness is not None:
        given = _Given(data, marks, problems)
        given.read(
            common.freshness,
            given.column(common.freshness, common.loaded_at_field),
            common.timezone,
        )


class _Given:
    """The keys that say it, and where they stand."""

    def __init__(self, data: Mapping[str, object], marks: Marks, problems: Problems) -> None:
        self.data = data
        self.marks = marks
        self.problems = problems

    def read(
        self, keys: FreshnessKeys, column: str | None, timezone: str | None
    ) -> Freshness | None:
        before = len(self.problems)
        warn = self.limit("warn_after", keys.warn_after)
        error = self.limit("error_after", keys.error_after)
        condition = self.condition(keys.filter, column)
        if keys.warn_after is None and keys.error_after is None:
            self.say_no_limit()
            return None
        if warn is not None and error is not None and error.seconds <= warn.seconds:
            text = f"error_after: {error} is not longer than warn_after: {warn}"
            self.wrong(text, "error_after", help="rows are warned of first: a longer error_after")
        if self.problems.has_errors(before):
            return None
        zone = timezone if timezone is not None and zone_fault(timezone) is None else "UTC"
        return Freshness(
            warn_after=warn, error_after=error, column=column, filter=condition, timezone=zone
        )

    def limit(self, key: str, given: Duration | PeriodKeys | None) -> Duration | None:
        """A limit that has a length."""
        if isinstance(number := self.given().get(key), int):
            self.wrong(f"{key}: {number} has no unit", key, help=f"{key}: {number}h, or {number}d")
            return None
        found = given.duration() if isinstance(given, PeriodKeys) else given
        if found is None:
            return None
        try:
            seconds = found.seconds
        except ValueError as error:
            self.wrong(f"{key}: {error}", key, help=f"{key}: 30d")
            return None
        if not 0 < seconds <= _LONGEST:
            text = f"{key}: rows cannot be allowed to be {found} old"
            self.wrong(text, key, help=f"{key}: 12h")
            return None
        return found

    def column(self, keys: FreshnessKeys, beside: str | None) -> str | None:
        """The column that says when rows are from, said once."""
        if keys.column is not None and beside is not None and keys.column != beside:
            text = f"column: {keys.column} and loaded_at_field: {beside} say two things"
            self.problems.add("SK0291", text, self.marks.value(_BESIDE), "keep one of them")
        found = keys.column if keys.column is not None else beside
        if found is None:
            return None
        key = next((each for each in _SPELLINGS if each in self.given()), None)
        place = self.marks.value(_KEY, key) if key else self.marks.value(_BESIDE)
        if not found.strip():
            self.problems.add("SK0291", "column: is empty", place, "column: loaded_at")
            return None
        if "(" in found or "::" in found:
            text = f"{found!r} is computed: the age of rows is that of a column"
            help = "compute it in the node's SQL, and name that column"
            self.problems.add("SK0291", text, place, help)
        return found

    def condition(self, text: str | None, column: str | None) -> str | None:
        """``filter:`` as SQL, which is safe to put into a query."""
        if text is None:
            return None
        from seeknal.sql.check import SqlRefused
        from seeknal.sql.condition import check_condition

        if column is None:
            self.wrong("filter: chooses rows, and without column: none are read", "filter")
            return None
        try:
            return check_condition(text, one_row=True)
        except SqlRefused as error:
            self.wrong(f"filter: {error}", "filter", help="filter: status = 'paid'")
            return None

    def say_no_limit(self) -> None:
        """It has no limit: of seeknal 2.x, that said how a source is read, which is no error."""
        text = "freshness: has no limit"
        if self.given().keys() == {"time_column"}:
            text += ", so that nothing is checked: in seeknal 2.x it said which rows are read anew"
            place = self.marks.key(_KEY)
            help = f"{_HOW}; to read only new rows: time_column: and schedule: of the node"
            self.problems.add("SK0207", text, place, help, severity="warn")
        else:
            self.problems.add("SK0291", text, self.marks.key(_KEY), _HOW)

    def refuse_without_rows(self, kind: NodeKind) -> None:
        key = _KEY if self.data.get(_KEY) is not None else _BESIDE
        text = f"{key}: is about the age of rows, and nodes of kind {kind.name} have none"
        self.problems.add("SK0290", text, self.marks.key(key), "say it in the nodes that it reads")

    def refuse_beside(self) -> None:
        text = f"{_BESIDE}: names the column of freshness:, and there is none"
        help = "freshness: {error_after: 1d}"
        self.problems.add("SK0291", text, self.marks.key(_BESIDE), help)

    def refuse_view(self) -> None:
        text = "a view is computed where it is read: without column: it has no age of its own"
        help = "column: loaded_at; or freshness: in the nodes that it reads"
        self.problems.add("SK0290", text, self.marks.key(_KEY), help)

    def given(self) -> Mapping[str, object]:
        found = self.data.get(_KEY)
        return found if isinstance(found, dict) else {}

    def wrong(self, message: str, key: str, help: str | None = None) -> None:
        self.problems.add("SK0291", message, self.marks.value(_KEY, key), help)
