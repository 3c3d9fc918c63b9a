"""Which pairs of SQL dialects there are tables for, as plugins declare them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen


@frozen(kw_only=True)
class DialectPair:
    """Two dialects of SQL of which it is known what differs from one to the other.

    ``origin`` and ``target`` are sqlglot's names. ``table`` is where the `DialectTable` of the
    pair is, ``module:NAME``, which is imported when something is translated; a dialect that
    sqlglot does not know may be a class in that module. ``version`` is counted up when the table
    gives other values: then what was stored is computed again. ``read_alike``: DuckDB's parser
    reads most of the origin and cuts it into the same words. ``names_in_double_quotes``: so are
    names written at the origin, and no texts.
    """

    origin: str
    target: str
    table: str
    version: int = 1
    read_alike: bool = False
    names_in_double_quotes: bool = False

    @property
    def name(self) -> str:
        """What people call it, such as ``mysql to duckdb``."""
        return pair_name(self.origin, self.target)


Pairs = Mapping[str, DialectPair]
"""The pairs that are declared, by name."""

NO_PAIRS: Pairs = MappingProxyType({})


def pair_name(origin: str, target: str) -> str:
    """The name of a pair of dialects."""
    return f"{origin} to {target}"
