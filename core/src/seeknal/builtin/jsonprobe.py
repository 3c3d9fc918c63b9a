"""A look at large JSON files that finds values and keys which a guess from a sample missed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.builtin.jsonchecks import as_json, misfits
from seeknal.builtin.jsontypes import ListOf, StructOf, all_leaves, type_tree
from seeknal.builtin.readers import FILE
from seeknal.plugin import quote_identifier, quote_literal

if TYPE_CHECKING:
    from seeknal.builtin.jsonchecks import Formats
    from seeknal.builtin.jsontypes import Type
    from seeknal.builtin.readers import Reading
    from seeknal.plugin import Context

SMALL = 32 * 2**20
"""Bytes below which everything is looked at at once."""


def is_worth_a_guess(reading: Reading) -> bool:
    """Whether the files are large; reading them once less then counts."""
    sizes = [os.path.getsize(file) for file in reading.files if "://" not in file]
    plain = reading.arguments.get("compression") in (None, "auto")
    return plain and not reading.arguments.get("ignore_errors") and sum(sizes) >= SMALL


def shape_holds(
    columns: Mapping[str, Type], reading: Reading, formats: Formats, context: Context
) -> bool:
    """Whether the whole files have the keys and types that a sample showed.

    DuckDB says which keys are unknown only where it guesses itself. So it is given a file
    before the others whose two records have all the keys, and a number and a text for each value:
    with that in front it reads every value as JSON, and refuses other keys and other nesting.
    """
    if any(
        leaf.type in ("JSON", '"NULL"') and not leaf.declared for _, leaf in all_leaves(columns)
    ) or _has_map(columns):
        return False
    import duckdb

    examples = [
        {name: _example(type, value) for name, type in columns.items()} for value in (1, "x")
    ]
    path = context.workdir / "shape.json"
    path.write_text(_written(examples, reading.arguments.get("format")), encoding="utf-8")
    probing = evolve(reading, files=(str(path), *reading.files)).with_arguments(
        sample_size=2,
        maximum_sample_files=1,
        union_by_name=None,
        hive_partitioning=False,
        filename=FILE,
    )
    try:
        found = context.duckdb.sql(f"SELECT * FROM {probing.sql} LIMIT 0")
        types = {
            name: type_tree(type)
            for name, type in zip(found.columns, found.types, strict=True)
            if name != FILE
        }
        if types != as_json(columns):
            return False
        file = f"{quote_identifier(FILE)} <> {quote_literal(str(path))}"
        rows = f"(SELECT * FROM {probing.sql} WHERE {file})"
        return not misfits(columns, rows, formats, context)
    except (duckdb.InvalidInputException, duckdb.BinderException, duckdb.NotImplementedException):
        return False
    finally:
        path.unlink(missing_ok=True)


def _has_map(columns: Mapping[str, Type]) -> bool:
    return any("{}" in path for path, _ in all_leaves(columns))


def _example(type: Type, value: object) -> object:
    if isinstance(type, ListOf):
        return [_example(type.item, value)]
    if isinstance(type, StructOf):
        return {name: _example(field, value) for name, field in type.fields.items()}
    return value


def _written(examples: list[dict[str, object]], format: object) -> str:
    if format == "array":
        return json.dumps(examples)
    return "".join(json.dumps(example) + "\n" for example in examples)
