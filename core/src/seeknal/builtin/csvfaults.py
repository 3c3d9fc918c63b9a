"""Why a CSV file cannot be read: DuckDB's complaint as an error that names the line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seeknal.builtin.csvchecks import (
    can_look,
    find_ragged_line,
    first_fault,
    first_longer,
    head_lines,
    undecodable,
)
from seeknal.builtin.readers import shown_name, unreadable
from seeknal.plugin import NodeError

if TYPE_CHECKING:
    from seeknal.builtin.csvtable import Table

USUAL_LINE = 2_000_000
"""Bytes of a line that DuckDB expects when it is told nothing."""
_ENCODED = ("unicode", "not utf-8 encoded")


def explained(table: Table, error: Exception) -> NodeError:
    """DuckDB's complaint about a table, with the line that is the cause where one is found."""
    said = unreadable(_of_originals(table, error), table.reading, table.source, table.context)
    if any(word in str(error) for word in _ENCODED):
        return undecoded(table) or said
    if "Maximum line size" in str(error) and (found := _too_long(table)):
        return found
    found = ragged(table) or _fault(table, error)
    return found or (_without_layout(table) if "sniffing" in str(error) else said)


def _too_long(table: Table) -> NodeError | None:
    size = int(str(table.reading.arguments.get("max_line_size") or USUAL_LINE))
    for file in table.files:
        if (line := first_longer(file.opened, size)) is not None:
            return NodeError(
                f"{shown_name(file.original, table.context)}, line {line} has more than {size:,}"
                " bytes",
                code="SK0742",
                help="params: {maximum_line_size: ...} says how many bytes a line may have",
            )
    return None


def _without_layout(table: Table) -> NodeError:
    file, options = table.files[-1], table.options
    shown = shown_name(file.original, table.context)
    skipped = options.skip and can_look(file.original, options)
    if skipped and not head_lines(file.original, options, 0, 1):
        return NodeError(
            f"{shown} has no line below those that skip: {options.skip} leaves out",
            code="SK0742",
            help="params: {skip: ...} says how many lines are above the table",
        )
    return NodeError(
        f"{shown}: its lines do not show how they are divided into fields",
        code="SK0742",
        help="params: {delimiter: ..., quote: ..., escape: ..., skip: ...} say how it is written",
    )


def undecoded(table: Table) -> NodeError | None:
    """The error that names the first line which is not in UTF-8."""
    for file in table.files:
        if (line := undecodable(file.opened)) is not None:
            return NodeError(
                f"{shown_name(file.original, table.context)}, line {line}: it is not in utf-8",
                code="SK0742",
                help="params: {encoding: latin-1} or {encoding: utf-16}",
            )
    return None


def _of_originals(table: Table, error: Exception) -> Exception:
    text = str(error)
    for file in table.files:
        text = text.replace(file.opened, shown_name(file.original, table.context))
    return type(error)(text)


def ragged(table: Table, only: str | None = None) -> NodeError | None:
    """The error that names the first line of another length, when that is what is wrong."""
    options = table.options
    if options.ignore_errors or options.reject_file:
        return None
    for file in table.files:
        delimiter = file.layout.delimiter if file.layout else options.delimiter
        found = find_ragged_line(file.original, options, delimiter, only)
        if found is not None:
            return NodeError(
                f"{shown_name(file.original, table.context)}, line {found.line}: {found.fields}"
                f" field{'s' if found.fields != 1 else ''} where the first line has"
                f" {found.expected}",
                code="SK0744",
                help="mend the line; or params: {ignore_errors: true} leaves such lines out,"
                " {null_padding: true} fills up short ones, {delimiter: ...} says what is"
                ' between, {comment: "#"} leaves out remarks',
            )
    return None


def _fault(table: Table, error: Exception) -> NodeError | None:
    """The error for the first line that breaks the rules of CSV, when that is what is wrong."""
    if not re.search("quote|CSV Error|invalid state|sniffing", str(error)):
        return None
    return broken(table, None)


def broken(table: Table, only: str | None) -> NodeError | None:
    """The error for the first line that breaks the rules of CSV.

    ``only``: the name of the one column that DuckDB made of the files.
    """
    for file in table.files:
        delimiter = file.layout.delimiter if file.layout and only is None else None
        found = first_fault(file.original, table.options, delimiter, only)
        if found is not None:
            line, what = found
            return NodeError(
                f"{shown_name(file.original, table.context)}, line {line}: {what}",
                code="SK0771",
                help="mend the line; or params: {quote: ..., escape: ...} say what is around"
                " fields, {ignore_errors: true} leaves such lines out",
            )
    return None
