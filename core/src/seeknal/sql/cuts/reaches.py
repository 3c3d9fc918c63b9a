"""From a query to how far it reads of each input that it compares with the range itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.cuts.edges import (
    END,
    START,
    Edge,
    earliest,
    highest,
    is_after,
    is_before,
    is_empty,
    latest,
    lowest,
    reach_of,
)
from seeknal.sql.cuts.moments import Moments, is_marked
from seeknal.sql.cuts.queries import Queries
from seeknal.sql.cuts.relations import Col, Made, Relation, Scan
from seeknal.sql.lineage.tree import parse
from seeknal.values.column_lineage import Untraceable
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.values.tracking import Reach

_SIDES = "{0} >= {{{{ interval_start }}}} - INTERVAL 1 DAY AND {0} < {{{{ interval_end }}}}"


NOT_UNDERSTOOD = (KeyError, TypeError, ValueError, IndexError, AttributeError)
"""What a form of tree raises that this version of DuckDB has and we do not know."""


@frozen(kw_only=True)
class Fault:
    """What a query compares with the range so that it is not known what it reads.

    ``offset`` is the character of the query at which it stands, None where that is unknown.
    """

    message: str
    help: str
    offset: int | None = None


@frozen(kw_only=True)
class Cuts:
    """How far a query reads of inputs, as far as that is not just the range; or what is wrong.

    ``compared``: the inputs whose time it compares with the range at all.
    """

    reaches: Mapping[NodeId, Reach]
    compared: frozenset[NodeId] = frozenset()
    faults: tuple[Fault, ...] = ()


def cuts(sql: str, columns: Mapping[NodeId, str], *, midnights: bool) -> Cuts:
    """What ``sql``, in DuckDB's dialect, lets through of inputs that it compares with the range.

    ``columns`` are the time columns of its tracked inputs. ``midnights``: ranges begin and end at
    midnight in UTC, so that casting an end to DATE changes nothing. Never raises for any text.
    """
    if not columns or not is_marked(sql):
        return Cuts(reaches={})
    try:
        scans = queries_over(columns, Moments(midnights)).query(parse(sql), None).scans
    except Untraceable as error:
        return _untold(str(error))
    except RecursionError:
        return _untold("it is nested too deeply")
    except NOT_UNDERSTOOD as error:
        return _untold(f"its syntax tree is not understood ({error!r})")
    reaches: dict[NodeId, Reach] = {}
    compared: set[NodeId] = set()
    faults: dict[tuple[object, ...], Fault] = {}
    for id in columns:
        read = [_Read.of(scan) for scan in scans if scan.input == id]
        wrong = [*_faults(read)]
        if any(each.low or each.high for each in read):
            compared.add(id)
        for place, message, help in wrong:
            fault = Fault(message=message, help=help, offset=_character(sql, place))
            faults.setdefault((fault.offset, message), fault)
        if read and not wrong:
            low, high = _hull(read)
            if (low, high) != (START, END):
                reaches[id] = reach_of(low, high)
    found = sorted(faults.values(), key=lambda fault: fault.offset or 0)
    return Cuts(reaches=reaches, compared=frozenset(compared), faults=tuple(found))


def queries_over(columns: Mapping[NodeId, str], moments: Moments) -> Queries:
    """What walks queries whose tracked inputs have these time columns."""
    ids = {str(id).lower(): id for id in columns}

    def table(schema: str, name: str, place: int | None) -> Relation:
        rest = Col(None, many=True)
        id = ids.get(f"{schema}.{name}".lower())
        if id is None:
            return Relation((rest,))
        scan = Scan(id, columns[id], place)
        time = frozenset((scan,))
        return Relation((Col(columns[id], Made(time), time), rest), (scan,))

    return Queries(table, moments)


@frozen
class _Read:
    """A scan with its ends; None: it is not compared there."""

    scan: Scan
    low: Edge | None
    high: Edge | None

    @classmethod
    def of(cls, scan: Scan) -> _Read:
        low = latest(scan.lower) if scan.lower else None
        return cls(scan, low, earliest(scan.upper) if scan.upper else None)

    @property
    def ends(self) -> tuple[Edge, Edge]:
        """A side that is not compared ends with the range."""
        return self.low or START, self.high or END


def _hull(read: Iterable[_Read]) -> tuple[Edge, Edge]:
    """What all scans of an input read between them."""
    ends = [each.ends for each in read]
    return lowest([low for low, _ in ends]), highest([high for _, high in ends])


_Wrong = tuple["int | None", str, str]
"""Where it stands in bytes, what is wrong, and what to write."""


def _faults(read: Sequence[_Read]) -> Iterator[_Wrong]:
    unclear = [*_unclear(read)]
    yield from unclear
    empty = [] if unclear else [*_empty(read)]
    yield from empty
    if read and not unclear and not empty:
        yield from _uncompared(read)


def _unclear(read: Iterable[_Read]) -> Iterator[_Wrong]:
    for each in read:
        for found in each.scan.unclear:
            if not ((found.below and each.low is None) or (found.above and each.high is None)):
                # How far it reads has been said besides.
                continue
            input, column = each.scan.input, each.scan.column
            if found.why:
                message = f"how much of {input} this reads is not known: {found.why}"
                yield found.place, message, found.instead
                continue
            message = (
                f"how much of {input} this reads is not known: {column} is compared with the range,"
                " but not in a condition that every row has to fulfil"
            )
            yield found.place, message, f"say it in a WHERE as well: {_SIDES.format(column)}"


def _empty(read: Iterable[_Read]) -> Iterator[_Wrong]:
    for each in read:
        low, high = each.ends
        if not is_empty(low, high):
            continue
        missing = (
            "" if each.low and each.high else ": a side that is not compared ends at the range"
        )
        message = f"nothing of {each.scan.input} lies within what this lets through{missing}"
        help = f"compare {each.scan.column} on both sides: {_SIDES.format(each.scan.column)}"
        yield each.scan.place, message, help


def _uncompared(read: Sequence[_Read]) -> Iterator[_Wrong]:
    """Where an input is read more than once, and one reading would see what is for another."""
    low, high = _hull(read)
    for each in read:
        sides = []
        if is_before(low) and each.low is None:
            sides.append(f"{each.scan.column} >= {{{{ interval_start }}}}")
        if is_after(high) and each.high is None:
            sides.append(f"{each.scan.column} < {{{{ interval_end }}}}")
        if not sides or len(read) == 1:
            continue
        message = (
            f"{each.scan.input} is read more than once, elsewhere beyond the range: here nothing"
            " says what of that is meant"
        )
        yield each.scan.place, message, f"compare it here as well: {' AND '.join(sides)}"


def _untold(why: str) -> Cuts:
    message = f"what it reads of its inputs cannot be told: {why}"
    help = "move what cannot be read into a node of its own, without interval_start"
    return Cuts(reaches={}, faults=(Fault(message=message, help=help),))


def _character(sql: str, place: int | None) -> int | None:
    return None if place is None else len(sql.encode()[:place].decode(errors="ignore"))
