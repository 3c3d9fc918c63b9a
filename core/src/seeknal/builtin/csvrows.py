"""The rows of CSV files: what DuckDB would read silently otherwise than meant is said here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.builtin.csvchecks import can_look, faults, oddities
from seeknal.builtin.csvdeclared import declared_kind
from seeknal.builtin.csvexpected import as_expected, hoped_for
from seeknal.builtin.csvfaults import broken, explained, ragged
from seeknal.builtin.csvkinds import TEXT, kinds_of
from seeknal.builtin.csvplaces import places_of, shown_file
from seeknal.builtin.csvtable import attempt, read_otherwise, table_of
from seeknal.builtin.csvtypes import (
    MISFIT,
    decided,
    guessed,
    head_of,
    kinds_of_all_rows,
    misfits,
    select_of,
    spoiled,
    unclear,
)
from seeknal.builtin.declared import declared_types, match_columns, no_rows
from seeknal.builtin.readers import shown_name
from seeknal.plugin import NodeError, Scan, value_of

if TYPE_CHECKING:
    from seeknal.builtin.csvkinds import Kind
    from seeknal.builtin.csvtable import Table
    from seeknal.builtin.csvtypes import Head
    from seeknal.builtin.readers import Reading
    from seeknal.plugin import Rows, Source, SourceContext


def csv_rows(source: Source, reading: Reading, context: SourceContext) -> Rows:
    """The rows of the source's files.

    Their types are guessed from the first rows; the scan stops at a value that the guess does not
    hold, and then the types that all values have are taken instead. Raises NodeError that names
    the line for lines of different length, unless the options say what happens to them.
    """
    options: Any = source.options
    declared = declared_types(source, context)
    full = [file for file in reading.files if "://" in file or os.path.getsize(file)]
    if not full and not options.allow_empty:
        _refuse_lost(source, reading.files[0], context)
    for file in reading.files:
        if file not in full and not options.allow_empty:
            context.log.warning("%s is empty: it gives no rows", shown_name(file, context))
    if not full:
        first = evolve(reading, files=reading.files[:1])
        return no_rows(declared) if declared else Scan(f"SELECT * FROM {first.sql}")
    keep_rejects = bool(options.ignore_errors or options.reject_file)
    if keep_rejects:
        reading = reading.with_arguments(ignore_errors=True)
    table = table_of(source, evolve(reading, files=tuple(full)), context)
    _check_head(table)
    if options.strict_mode is False:
        _warn_of_faults(table)
    types = match_columns(declared, table.names, source) if declared else {}
    fixed = {name: declared_kind(type, options) for name, type in types.items()}
    if options.all_varchar:
        fixed = {**dict.fromkeys(table.names, TEXT), **fixed}
    if keep_rejects:
        from seeknal.builtin.rejects import rows_and_rejects

        return rows_and_rejects(table, fixed)
    return _guessed_rows(table, fixed)


def _guessed_rows(table: Table, declared: Mapping[str, Kind]) -> Scan:
    """The rows as the first ones suggest that they are."""
    undeclared = [name for name in table.names if name not in declared]
    kinds = kinds_of(table.options)
    table, head = attempt(table, lambda given: head_of(given, kinds, undeclared))
    for name, (kind, values) in spoiled(table, head, kinds).items():
        _warn_of_text(table, name, kind, values)
    if head.whole:
        table, found = attempt(table, lambda given: decided(given, head.found, head.empty))
        _warn_of_days(table, unclear(head.found, head.empty))
        table, there = attempt(table, lambda given: as_expected(given, found, head.empty))
        select = select_of(table, {**found, **there, **declared}, frozenset(declared))
    else:
        hoped = hoped_for(table, guessed(head), head.empty)
        select = select_of(table, {**guessed(head), **hoped, **declared})
    return Scan(select, instead=partial(_decided_rows, table, declared, head), origin=table.origin)


def _decided_rows(table: Table, declared: Mapping[str, Kind], head: Head, error: Exception) -> Scan:
    """The rows as all of them are, after reading them as guessed stopped at ``error``."""
    if MISFIT not in str(error):
        table = read_otherwise(table, error)
    table, (found, empty) = attempt(table, lambda given: kinds_of_all_rows(given, head.found))
    table, wrong = attempt(table, lambda given: misfits(given, declared))
    if wrong:
        raise _misfit(table, declared, wrong)
    table, kinds = attempt(table, lambda given: decided(given, found, empty))
    _warn_of_days(table, unclear(found, empty))
    for name, guess in guessed(head).items():
        if guess is not None and guess is not TEXT and kinds[name] is TEXT:
            values = misfits(table, {name: guess}).get(name, [])
            _warn_of_text(table, name, guess, values)
    table, there = attempt(table, lambda given: as_expected(given, kinds, empty))
    select = select_of(table, {**kinds, **there, **declared}, frozenset(declared))
    return Scan(select, instead=partial(_failed, table), origin=table.origin)


def _failed(table: Table, error: Exception) -> Scan:
    raise explained(table, error) from error


def _misfit(
    table: Table, declared: Mapping[str, Kind], wrong: Mapping[str, Sequence[str]]
) -> NodeError:
    """The error for a value that is not of its declared type."""
    name, values = next(iter(wrong.items()))
    place = next(places_of(table, {name: values}), None)
    where = f"{place.file}, line {place.line}" if place else shown_file(table)
    text = values[0] if len(values[0]) <= 60 else f"{values[0][:57]}..."
    said = next((spec.location for spec in table.source.columns if spec.name == name), None)
    what = f"is not exactly a {declared[name].type}" + (f", which {said} declares" if said else "")
    return NodeError(
        f"{where}, column {name!r}: {text!r} {what}",
        code="SK0770",
        kept=f"{where}, column {name!r}: a value {what}",
        help="mend the value, declare VARCHAR or another type that holds it, or leave such lines"
        " out with params: {ignore_errors: true}; {dateformat: ...}, {timestampformat: ...} and"
        " {decimal_separator: ...} say how values are spelled",
    )


def _warn_of_text(table: Table, name: str, kind: Kind, values: Sequence[str]) -> None:
    """Say which value made text of a column that is something else without it."""
    place = next(places_of(table, {name: values}), None)
    if place is None:
        return
    text = place.value if len(place.value) <= 60 else f"{place.value[:57]}..."
    private = table.context.pii(table.source.node)
    shown = value_of(name, repr(text), private)
    table.context.log.warning(
        "%s: column %r is read as text and not as %s, because of line %d: %s",
        *(place.file, name, kind.type.partition("(")[0], place.line, shown),
    )


def _warn_of_days(table: Table, names: Sequence[str]) -> None:
    for name in names:
        table.context.log.warning(
            "%s: column %r is read as text, as its days may stand before its months or after"
            " them; params: {dateformat: '%%d/%%m/%%Y'} or {timestampformat: ...} says which",
            *(shown_file(table), name),
        )


def _check_head(table: Table) -> None:
    """Say what is odd about the heads of the files. Raises NodeError for lines that show to be
    several fields where the files have one column, and where only some files name columns."""
    _check_names(table)
    own = [file.layout.names for file in table.files if file.layout]
    for names in own:
        if len(names) == 1 and (found := ragged(table, names[0]) or broken(table, names[0])):
            raise found
    for file in table.files:
        if file.layout is None:
            continue
        for message in oddities(file.original, file.layout.names, table.options):
            table.context.log.warning("%s: %s", shown_name(file.original, table.context), message)


def _check_names(table: Table) -> None:
    """Raises NodeError where some files begin with names and others with values."""
    named = {file.layout.header: file.original for file in table.files if file.layout}
    if len(named) < 2:
        return
    with_names, without = (shown_name(named[header], table.context) for header in (True, False))
    raise NodeError(
        f"{with_names} begins with the names of its columns, {without} seems to begin with values",
        code="SK0742",
        help="params: {header: true} or {header: false} says which it is, in all of the files",
    )


def _warn_of_faults(table: Table) -> None:
    """Count the lines whose quotes DuckDB takes as it can: it leaves out text behind them."""
    options, context = table.options, table.context
    for file in table.files:
        shown = shown_name(file.original, context)
        delimiter = file.layout.delimiter if file.layout else ""
        if len(delimiter) != 1 or not can_look(file.original, options):
            context.log.warning(
                "%s: with strict_mode: false, text behind the closing quote of a field is left"
                " out; which lines have such text is not known",
                shown,
            )
            continue
        if found := faults(file.original, options, delimiter):
            context.log.warning(
                "%s: %s of quotes and may be read with less text than there is, the first is"
                " line %d",
                *(shown, _breaking(len(found)), found[0]),
            )


def _breaking(count: int) -> str:
    return "1 line breaks the rules" if count == 1 else f"{count:,} lines break the rules"


def _refuse_lost(source: Source, file: str, context: SourceContext) -> None:
    """Raises NodeError where there were rows before: a writer that died leaves such a file."""
    before = next(iter(context.history(1)), 0)
    if before:
        rows = "1 row" if before == 1 else f"{before:,} rows"
        raise NodeError(
            f"{shown_name(file, context)} is empty, and {source.node} had {rows} before",
            code="SK0772",
            help="restore the file; one that is meant to have no rows has a line of names, or"
            " params: {allow_empty: true}",
        )
