"""What differs between two dialects: one table for each pair."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from seeknal.values.dialects import pair_name
from seeknal.values.errors import PluginError

if TYPE_CHECKING:
    from seeknal.sql.translating.rules import Pair
    from seeknal.values.dialects import DialectPair, Pairs

VERSION = 5
"""Counted up when translations give other values whatever their table."""

_SPELLINGS = {"postgresql": "postgres"}


def called(dialect: str) -> str:
    """The one name of a dialect that has several."""
    return _SPELLINGS.get(dialect, dialect)


def between(pairs: Pairs, origin: str, target: str) -> DialectPair | None:
    """What is declared of two dialects; None where nothing is known of what differs."""
    return pairs.get(pair_name(called(origin), called(target)))


def version_of(pairs: Pairs, origin: str, target: str) -> list[str]:
    """By which rules a pair is translated: with others, it may give other values."""
    found = between(pairs, origin, target)
    return [str(VERSION), *([str(found.version)] if found else [])]


def is_dialect(pairs: Pairs, name: str) -> bool:
    """Whether sqlglot reads and writes a dialect, by itself or with what its table brings."""
    from sqlglot.dialects.dialect import Dialect

    if Dialect.get(name) is None:
        for found in (between(pairs, name, "duckdb"), between(pairs, "duckdb", name)):
            if found is not None:
                table_of(found)
    return Dialect.get(name) is not None


@cache
def table_of(declared: DialectPair) -> Pair:
    """The table of a pair. Raises PluginError where there is none, or one of another pair."""
    from seeknal.sql.translating.rules import Pair

    module, _, name = declared.table.partition(":")
    try:
        found = getattr(import_module(module), name)
    except Exception as error:
        # Whatever a third party's module does at import is not a defect of seeknal.
        said = f"{type(error).__name__}: {error}"
        raise _misnamed(declared, f"names a table that cannot be had ({said})") from error
    if not isinstance(found, Pair):
        raise _misnamed(declared, "names a table that is no DialectTable")
    if (found.origin, found.target) != (declared.origin, declared.target):
        of = pair_name(found.origin, found.target)
        raise _misnamed(declared, f"names a table of other dialects, {of}")
    return found


def _misnamed(declared: DialectPair, what: str) -> PluginError:
    return PluginError(
        f"dialect pair {declared.name!r} {what}: {declared.table!r}",
        help="install another version of the plugin",
    )
