"""Warnings about CSV files that DuckDB reads without complaint, though not as was meant."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seeknal.plugin import Context

_DELIMITERS = ",;\t|"
_FIRST_BYTES = 65_536


def warn_of_oddities(files: Sequence[Path], options: Any, context: Context) -> None:
    """Log a warning for each file that is empty, has one odd column, or columns of one name."""
    for file in files:
        header = _first_line(file, options)
        if header is None:
            context.log.warning("%s is empty: it gives no rows", file.name)
        elif options.header is not False:
            for message in _oddities(header, options):
                context.log.warning("%s: %s", file.name, message)


def _first_line(file: Path, options: Any) -> str | None:
    """The header line; empty text for what cannot be looked into here; None for no content."""
    if file.suffix in (".gz", ".zst") or options.skip or options.compression:
        return ""
    with file.open("rb") as opened:
        start = opened.read(_FIRST_BYTES)
    text = start.decode(options.encoding or "utf-8-sig", errors="replace")
    return text.splitlines()[0] if text.strip() else None


def _oddities(header: str, options: Any) -> list[str]:
    delimiter = options.delimiter or max(_DELIMITERS, key=header.count)
    names = next(csv.reader([header], delimiter=delimiter[:1]), [])
    counts = Counter(name.strip().lower() for name in names)
    found = [
        f"{count} columns are called {name!r}: all but the first are renamed"
        for name, count in counts.items()
        if count > 1
    ]
    if options.delimiter and len(names) == 1 and any(mark in header for mark in _DELIMITERS):
        found.append(f"its only column is called {header!r}: is the delimiter right?")
    return found
