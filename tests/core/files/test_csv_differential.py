"""Random CSV files: what arrives is what Python's csv module reads, or the line is named.

``python -m pytest ... -k "differential and 1234"`` runs one case; ``csvcases.py 1234`` prints it.
"""

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from seeknal.plugin import quote_identifier
from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]

_PATH = Path(__file__).with_name("csvcases.py")
_SPEC = importlib.util.spec_from_file_location("csvcases", _PATH)
csvcases = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(csvcases)


def differences(files, case):
    """What is wrong with how a case is read; empty when nothing is."""
    for path, data in case.files.items():
        files.write(path, data)
    try:
        names, rows = _read(files, case)
    except NodeError as error:
        return _of_refusal(case, error)
    if case.rows is None:
        return [f"seed {case.seed}: a bad line was not refused"]
    return _of_rows(case, names, rows)


def _read(files, case):
    """Columns and rows; moments by their number, for which no version of DuckDB needs pytz."""
    found = files.relation(files.source("csv", case.table, options=case.options))
    zoned = [str(type) == "TIMESTAMP WITH TIME ZONE" for type in found.types]
    items = [
        f"epoch_us({quote_identifier(name)})" if moment else quote_identifier(name)
        for name, moment in zip(found.columns, zoned, strict=True)
    ]
    rows = found.project(", ".join(items)).fetchall()
    if any(zoned):
        rows = [
            [_moment(v) if moment else v for v, moment in zip(row, zoned, strict=True)]
            for row in rows
        ]
    return found.columns, rows


def _moment(microseconds):
    start = datetime(1970, 1, 1, tzinfo=UTC)
    return None if microseconds is None else start + timedelta(microseconds=microseconds)


def _of_refusal(case, error):
    if case.tidy and case.rows is not None:
        return [f"seed {case.seed}: refused: {error.message}"]
    if case.line is not None and f"line {case.line}" not in error.message:
        return [f"seed {case.seed}: not line {case.line}: {error.message}"]
    return [] if "line " in error.message else [f"seed {case.seed}: no line: {error.message}"]


def _of_rows(case, names, rows):
    found = []
    if case.names is not None and list(names) != case.names:
        return [f"seed {case.seed}: columns {names} where the file has {case.names}"]
    if len(rows) != len(case.rows):
        return [f"seed {case.seed}: {len(rows)} rows of {len(case.rows)}"]
    for number, (row, texts) in enumerate(zip(rows, case.rows, strict=True)):
        for name, value, text in zip(names, row, texts, strict=True):
            if not csvcases.says(text, value):
                found.append(f"seed {case.seed}: row {number}, {name}: {text!r} became {value!r}")
    return found[:5]


@pytest.mark.parametrize("block", range(5))
def test_what_arrives_is_what_the_file_says(files_of, block):
    seeds = range(block * 10, block * 10 + 10)

    wrong = [line for seed in seeds for line in differences(files_of(), csvcases.made(seed))]

    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("first", [50, *range(1000, 2500, 50)])
def test_what_arrives_is_what_the_file_says_of_every_file(files_of, first):
    seeds = range(first, first + 50)

    wrong = [line for seed in seeds for line in differences(files_of(), csvcases.made(seed))]

    assert wrong == []
