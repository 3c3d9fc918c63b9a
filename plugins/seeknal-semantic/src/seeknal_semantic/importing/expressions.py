"""Expressions of dbt's files, which are SQL of the warehouse that they were written for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.plugin import SqlRefused, quote_identifier
from seeknal_semantic.conditions import same_condition
from seeknal_semantic.expressions import check_expression, parse_expression, parsed
from seeknal_semantic.filters import condition_of, parse_filter
from seeknal_semantic.importing.entries import NotCarried

if TYPE_CHECKING:
    from seeknal.plugin import Location, NodeId

OURS = "duckdb"
_ROWS = "rows_of_the_model"
_EVERYWHERE = (
    *("Column", "Identifier", "Literal", "Boolean", "Null", "Paren", "Neg", "Add", "Sub", "Mul"),
    *("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "And", "Or", "Not", "Is", "In", "Between"),
    *("Case", "If", "Coalesce", "Nullif"),
)
"""What every warehouse means the same by. Division is not among it: some drop the remainder."""
_PERIODS = ("SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "QUARTER", "YEAR")
_PLAIN = re.compile(r"[A-Za-z_]\w*")
Columns = Callable[["NodeId"], Mapping[str, str] | None]
Types = Callable[[], Mapping[str, str | None]]


@frozen(kw_only=True)
class Expressions:
    """Reads expressions of one dialect; None: nobody has said which.

    ``columns`` gives the columns of a node with their types, and None where they are not known.
    """

    dialect: str | None = None
    columns: Columns = field(default=lambda _: None)

    def read(self, text: str, rows: NodeId, place: Location, *, time: bool = False) -> str:
        """The same in DuckDB's SQL. Raises NotCarried where it may mean something else.

        ``time``: of the value only the period that it lies in counts.
        """
        if _PLAIN.fullmatch(text.strip()) and _is_column(text.strip()):
            return text.strip()
        if self.dialect not in (None, OURS):
            text = self.translated(text, rows, place)
        elif self.dialect is None:
            self.check_everywhere(text, place, time=time)
        try:
            check_expression(text)
        except SqlRefused as error:
            raise NotCarried(place, str(error)) from None
        return text

    def check_formula(self, text: str, place: Location) -> None:
        """Raise NotCarried for an expression over metrics that may mean something else here."""
        if self.dialect == OURS:
            return
        try:
            self.check_everywhere(text, place)
        except NotCarried as refused:
            if self.dialect is None:
                raise
            why = f"{text} depends on types that metrics may have otherwise in {self.dialect}"
            raise NotCarried(place, f"{why}: type: ratio divides the same everywhere") from refused

    def check_filter(self, text: str, types_of: Types, place: Location) -> None:
        """Raise NotCarried for a filter that may mean something else here.

        ``types_of`` gives those of the columns that it names; None: not known.
        """
        if self.dialect is None:
            self.check_everywhere(text, place)
        elif self.dialect != OURS:
            types = types_of()
            known = {name: type for name, type in types.items() if type is not None}
            if len(known) < len(types):
                why = f"what it means in {self.dialect} depends on a type that is not known"
                raise NotCarried(place, f"{why}; a run makes those of the project's rows known")
            sql = self.translated_by(text, known, place)
            try:
                same = same_condition(condition_of(parsed(sql)), parse_filter(text))
            except SqlRefused:
                same = False
            if not same:
                raise NotCarried(place, f"what it means in {self.dialect}, no filter here says")

    def check_everywhere(self, text: str, place: Location, *, time: bool = False) -> None:
        for sign in ('"', "`", "\\", "$"):
            if sign in text:
                raise NotCarried(place, f"{sign} is read in different ways: say --from-dialect")
        try:
            tree = parse_expression(text)
        except SqlRefused as error:
            raise NotCarried(place, f"{error}; --from-dialect says whose SQL it is") from None
        if time and _is_cut(tree):
            return
        walked = tree.walk(prune=_is_day)
        if any(type(node).__name__ not in _EVERYWHERE for node in walked if not _is_day(node)):
            why = f"{text} may not mean the same everywhere: --from-dialect says whose SQL it is"
            raise NotCarried(place, why)

    def translated(self, text: str, rows: NodeId, place: Location) -> str:
        columns = self.columns(rows)
        if columns is None:
            why = f"what {text} means depends on the types of {rows}, known only after a run"
            raise NotCarried(place, why)
        return self.translated_by(text, columns, place)

    def translated_by(self, text: str, columns: Mapping[str, str], place: Location) -> str:
        """The same in DuckDB's SQL, over columns of these types. Raises NotCarried."""
        from seeknal.plugin import translate

        assert self.dialect is not None
        self.check_one(text, place)
        query = f"SELECT ({text}) AS x FROM {_ROWS}"
        try:
            found = translate(query, self.dialect, OURS, {_ROWS: columns})
        except SqlRefused as error:
            raise NotCarried(place, str(error)) from None
        if found.tree is None:
            raise NotCarried(place, "; ".join(each.message for each in found.refusals))
        tree: Any = found.tree
        (selected,) = tree.selects
        bare = selected.unalias().unnest().transform(_without_table)
        sql: str = bare.sql(dialect=OURS, comments=False)
        return sql

    def check_one(self, text: str, place: Location) -> None:
        """Raise NotCarried unless a text is one expression of the dialect, and nothing more."""
        from sqlglot import exp, parse, tokenize
        from sqlglot.errors import SqlglotError

        try:
            trees = parse(text, read=self.dialect)
            comments = any(token.comments for token in tokenize(text, read=self.dialect))
        except (SqlglotError, RecursionError):
            raise NotCarried(place, f"{text} is no expression of {self.dialect}") from None
        one = trees[0] if len(trees) == 1 else None
        refused = not isinstance(one, exp.Condition) or isinstance(one, exp.Query | exp.Alias)
        if refused or comments:
            raise NotCarried(place, f"{text} is not one expression of {self.dialect}")


def _is_day(node: Any) -> bool:
    """Whether it is a day that is written as one: ``DATE '2026-01-31'``."""
    from sqlglot import exp

    day = type(node) is exp.Cast and node.to.is_type("date")
    return day and isinstance(node.this, exp.Literal) and bool(node.this.is_string)


def _is_cut(tree: Any) -> bool:
    """Whether it is a column as a date, or cut to the begin of a period.

    Not of a week, which begins on other days elsewhere.
    """
    from sqlglot import exp

    if not isinstance(tree.this, exp.Column):
        return False
    if type(tree) is exp.Cast:
        return bool(tree.to.is_type("date"))
    unit = tree.args.get("unit")
    return isinstance(tree, exp.TimestampTrunc) and unit is not None and unit.name in _PERIODS


def _without_table(node: Any) -> Any:
    """A column of the rows by its name alone."""
    from sqlglot import exp

    if isinstance(node, exp.Column) and node.table.lower() == _ROWS:
        node.set("table", None)
    return node


def column(name: str) -> str:
    """The expression that is a column of that name."""
    return name if _PLAIN.fullmatch(name) and _is_column(name) else quote_identifier(name)


def _is_column(name: str) -> bool:
    from sqlglot import exp

    try:
        tree = parse_expression(name)
    except SqlRefused:
        return False
    return isinstance(tree, exp.Column) and tree.name == name
