"""What sets StarRocks and MySQL apart for who reads from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_starrocks.mysqloptions import MySql, MySqlSource
from seeknal_starrocks.options import StarRocks, StarRocksSource
from seeknal_starrocks.reading import mysqltypes, starrockstypes
from seeknal_starrocks.typename import MYSQL_NAMES, NAMES

if TYPE_CHECKING:
    from seeknal_starrocks.reading.fields import Field

Connection = StarRocks | MySql
Options = StarRocksSource | MySqlSource


@frozen(kw_only=True)
class Dialect:
    """``name`` is said to people and ``sql`` to sqlglot; ``natural`` gives a column's type."""

    name: str
    sql: str
    types: tuple[str, ...]
    """What project files call it."""
    connection: type[Connection]
    natural: Callable[[Field], str]
    declares: bool
    """Whether a table has types that the wire does not tell of."""
    rounds_floats: bool
    """Whether it shows fewer digits of a FLOAT than that has."""
    zero_dates: bool
    snapshot: str | None
    """The statement that begins a transaction which sees one state, and changes none."""


STARROCKS = Dialect(
    name="StarRocks",
    sql="starrocks",
    types=NAMES,
    connection=StarRocks,
    natural=starrockstypes.natural,
    declares=True,
    rounds_floats=False,
    zero_dates=False,
    snapshot=None,
)
MYSQL = Dialect(
    name="MySQL",
    sql="mysql",
    types=MYSQL_NAMES,
    connection=MySql,
    natural=mysqltypes.natural,
    declares=False,
    rounds_floats=True,
    zero_dates=True,
    snapshot="START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)


def dialect_of(options: Options) -> Dialect:
    return MYSQL if isinstance(options, MySqlSource) else STARROCKS
