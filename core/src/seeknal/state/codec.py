"""Snapshots as plain JSON values and back; what has its default value is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import starmap
from typing import TYPE_CHECKING, Any

from attrs import astuple, fields

from seeknal.state.part_codec import (
    column_of,
    decode_covered,
    decode_parts,
    encode_covered,
    encode_parts,
    folder_for,
    folder_of,
)
from seeknal.values.errors import DeliveryError, StateError
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Artifact, Fingerprint, Merged, Snapshot, View

if TYPE_CHECKING:
    from seeknal.values.audits import AuditResult
    from seeknal.values.columns import Column
    from seeknal.values.deliveries import Account, Delivery, Extent, Owed, Span
    from seeknal.values.faults import Fault
    from seeknal.values.tracking import Spans


_SIMPLE = (
    *("audits_key", "failing", "run_id", "finished_at", "seconds", "dated", "source_version"),
    *("first_run", "first_at", "layer", "delivers", "forward_only", "query", "untraced"),
)
_SPANS = ("undoes", "back", "spans")
_NESTED = ("error", "held", "recalled", "extents", "stale", *_SPANS)
_NEVER_LOST = frozenset(
    (
        *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE"),
        *("VARCHAR", "BLOB", "UUID", "JSON", "DATE", "TIME", "TIMESTAMP"),
        "TIMESTAMP WITH TIME ZONE",
    )
)
"""Common types that readers always got: of these nothing has to be looked up."""
_DEFAULTS = {entry.name: entry.default for entry in fields(Snapshot)}


def encode_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """What `decode_snapshot` takes back."""
    fingerprint = snapshot.fingerprint
    data: dict[str, Any] = {
        "node": snapshot.node,
        "fingerprint": [fingerprint.content, fingerprint.config, fingerprint.upstream],
        "inputs": dict(snapshot.inputs),
        "output_id": snapshot.output_id,
    }
    if fingerprint.notes:
        data["notes"] = dict(fingerprint.notes)
    if snapshot.artifact is not None:
        data["artifact"] = encode_artifact(snapshot.artifact)
    if snapshot.view is not None:
        data["view"] = _encode_view(snapshot.view)
    if (merged := snapshot.merged) is not None:
        data["merged"] = [merged.into, merged.times, *map(list, merged.earlier)]
        if merged.lasting:
            data["lasting"] = merged.begun
    if snapshot.audits:
        data["audits"] = [_sparse(result) for result in snapshot.audits]
    data |= _encode_account(snapshot.deliveries, snapshot.backlog)
    if snapshot.covered is not None:
        data["covered"] = encode_covered(snapshot.covered)
    if snapshot.unfinished:
        data["unfinished"] = encode_parts(snapshot.unfinished, folder_for(snapshot.node))
    for name in _SIMPLE:
        value = getattr(snapshot, name)
        if value != _DEFAULTS[name]:
            data[name] = value
    return data


def decode_snapshot(data: Mapping[str, Any]) -> Snapshot:
    """The snapshot that ``data`` describes. Raises StateError when it describes none."""
    try:
        return _decode(data)
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(
            f"the stored snapshot of {data.get('node', 'a node')} is not understood: {error!r}",
            code="SK0805",
            help="remove target/run_state.json; the next run builds every node again",
        ) from error


def encode_account(account: Account) -> dict[str, Any]:
    """What `decode_account` takes back; empty for an account that is."""
    return _encode_account(account.deliveries, account.backlog)


def _encode_account(deliveries: Mapping[str, Delivery], backlog: Sequence[Owed]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if deliveries:
        data["deliveries"] = [_encode_delivery(entry) for entry in deliveries.values()]
    if backlog:
        data["backlog"] = [_encode_owed(entry) for entry in backlog]
    return data


def decode_account(data: Mapping[str, Any]) -> Account:
    """The account that ``data`` describes."""
    from seeknal.values.deliveries import Account

    return Account(deliveries=_deliveries(data), backlog=_backlog(data))


def _deliveries(data: Mapping[str, Any]) -> dict[str, Delivery]:
    return {entry["key"]: _delivery(entry) for entry in data.get("deliveries", ())}


def _backlog(data: Mapping[str, Any]) -> tuple[Owed, ...]:
    return tuple(_owed(entry) for entry in data.get("backlog", ()))


def encode_artifact(artifact: Artifact) -> dict[str, Any]:
    """What `decode_artifact` takes back."""
    data = {
        "path": artifact.path,
        "size": artifact.size,
        "sha256": artifact.sha256,
        "rows": artifact.rows,
        "columns": [[entry.name, entry.type, entry.nullable] for entry in artifact.columns],
        "stat": list(artifact.stat),
    }
    if artifact.typed and _any_once_lost(artifact.columns):
        data["typed"] = True
    if artifact.composed:
        data["time"] = [artifact.time_column, artifact.timezone]
        data["parts"] = encode_parts(artifact.parts, folder_of(artifact.path))
    return data


def decode_artifact(data: Mapping[str, Any]) -> Artifact:
    """The artifact that ``data`` describes."""
    size, modified, changed, inode, device = data["stat"]
    columns, typed = _columns(tuple(map(tuple, data["columns"])))
    return Artifact(
        path=data["path"],
        size=data["size"],
        sha256=data["sha256"],
        rows=data["rows"],
        columns=columns,
        stat=(size, modified, changed, inode, device),
        typed=typed or data.get("typed", False),
        **(_composition(data) if "time" in data else {}),
    )


def _composition(data: Mapping[str, Any]) -> dict[str, Any]:
    """What an artifact says that is made of parts."""
    column, timezone = data["time"]
    parts = decode_parts(data["parts"], folder_of(data["path"]))
    return {"time_column": column, "timezone": timezone, "parts": parts}


def _any_once_lost(columns: Iterable[Column]) -> bool:
    others = [column.type for column in columns if not _is_common(column.type)]
    if not others:
        return False
    from seeknal.sql.storage import once_lost

    return any(map(once_lost, others))


def _is_common(type: str) -> bool:
    return type in _NEVER_LOST or (type.startswith("DECIMAL(") and type.endswith(")"))


def _encode_view(view: View) -> dict[str, Any]:
    location = view.location
    return {
        "sql": view.sql,
        "columns": [[entry.name, entry.type, entry.nullable] for entry in view.columns],
        "location": [location.file, location.line, location.column],
        **({"run": view.run} if view.run else {}),
    }


def _view(data: Mapping[str, Any]) -> View:
    return View(
        sql=data["sql"],
        columns=_columns(tuple(map(tuple, data["columns"])))[0],
        location=Location(*data["location"]),
        run=data.get("run", ""),
    )


def _merged(data: Sequence[Any], begun: str) -> Merged:
    into, times, *earlier = data
    steps = tuple((key, id) for key, id in earlier)
    return Merged(into=into, times=times, earlier=steps, begun=begun)


@cache
def _columns(entries: tuple[tuple[str, str, bool], ...]) -> tuple[tuple[Column, ...], bool]:
    """Columns, and whether readers always got their types. Many nodes have the same: all frozen."""
    columns = tuple(map(column_of, entries))
    return columns, not _any_once_lost(columns)


def _decode(data: Mapping[str, Any]) -> Snapshot:
    # Some that were written earlier have a fourth, which says nothing.
    content, config, upstream, *_ = data["fingerprint"]
    artifact, node = data.get("artifact"), NodeId(data["node"])
    unfinished = data.get("unfinished")
    return Snapshot(
        node=node,
        fingerprint=Fingerprint(
            content=content,
            config=config,
            upstream=upstream,
            notes=data.get("notes", {}),
        ),
        inputs={NodeId(parent): output for parent, output in data["inputs"].items()},
        output_id=data["output_id"],
        artifact=decode_artifact(artifact) if artifact else None,
        view=_view(data["view"]) if "view" in data else None,
        merged=_merged(data["merged"], data.get("lasting", "")) if "merged" in data else None,
        audits=tuple(_audit(entry) for entry in data.get("audits", ())),
        deliveries=_deliveries(data),
        backlog=_backlog(data),
        covered=decode_covered(data["covered"]) if "covered" in data else None,
        unfinished=decode_parts(unfinished, folder_for(node)) if unfinished else (),
        **{name: data[name] for name in _SIMPLE if name in data},
    )


def _encode_delivery(delivery: Delivery) -> dict[str, Any]:
    data = _sparse(delivery, without=_NESTED)
    if delivery.error:
        data["error"] = _sparse(delivery.error)
    if delivery.held:
        data["held"] = [encode_artifact(artifact) for artifact in delivery.held]
    if delivery.recalled:
        data["recalled"] = [_encode_owed(owed) for owed in delivery.recalled]
    for name in _SPANS:
        if spans := getattr(delivery, name):
            data[name] = [list(astuple(span)) for span in spans]
    if delivery.extents:
        data["extents"] = [list(astuple(extent)) for extent in delivery.extents]
    if delivery.stale:
        data["stale"] = [list(span) for span in delivery.stale]
    return data


def _delivery(data: Mapping[str, Any]) -> Delivery:
    from seeknal.values.deliveries import Delivery

    held = tuple(decode_artifact(artifact) for artifact in data.get("held", ()))
    recalled = tuple(_owed(owed) for owed in data.get("recalled", ()))
    spans = {name: tuple(starmap(_span, data[name])) for name in _SPANS if name in data}
    # What earlier versions kept besides.
    known = {name: value for name, value in data.items() if name not in ("before", "holds")}
    if "error" in data:
        known["error"] = _fault(data["error"])
    if "extents" in data:
        known["extents"] = tuple(starmap(_extent, data["extents"]))
    if "stale" in data:
        known["stale"] = _moments(data["stale"])
    if "line" in data:
        known["line"] = tuple(data["line"])
    return Delivery(**{**known, **spans, "held": held, "recalled": recalled})


def _fault(data: Mapping[str, Any] | str | None) -> Fault | None:
    from seeknal.values.faults import Fault

    # Earlier versions kept the words alone.
    told = {"message": data, "code": DeliveryError.default_code}
    known = told if isinstance(data, str) else data
    return Fault(**known) if known else None


def _extent(column: str, type: str, timezone: str, spans: Iterable[Iterable[int]]) -> Extent:
    from seeknal.values.deliveries import Extent

    return Extent(column=column, type=type, timezone=timezone, spans=_moments(spans))


def _moments(spans: Iterable[Iterable[int]]) -> Spans:
    return tuple((start, end) for start, end in spans)


def _span(output_id: str, start: str, end: str, number: int) -> Span:
    from seeknal.values.deliveries import Span

    return Span(output_id=output_id, start=start, end=end, number=number)


def _encode_owed(owed: Owed) -> dict[str, Any]:
    data = _sparse(owed, without=("delivery", "artifact"))
    artifact = encode_artifact(owed.artifact)
    return data | {"delivery": _encode_delivery(owed.delivery), "artifact": artifact}


def _owed(data: Mapping[str, Any]) -> Owed:
    from seeknal.values.deliveries import Owed

    return Owed(
        **{
            **data,
            "delivery": _delivery(data["delivery"]),
            "artifact": decode_artifact(data["artifact"]),
        }
    )


def _audit(data: Mapping[str, Any]) -> AuditResult:
    from seeknal.values.audits import AuditResult

    return AuditResult(**{**data, "columns": tuple(data.get("columns", ()))})


def _sparse(value: Any, without: Sequence[str] = ()) -> dict[str, Any]:
    held = ((name, getattr(value, name), default) for name, default in _entries(value.__class__))
    return {name: item for name, item, default in held if item != default and name not in without}


@cache
def _entries(cls: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a class with their defaults."""
    return tuple((entry.name, entry.default) for entry in fields(cls))


class Snapshots(Mapping[NodeId, Snapshot]):
    """Snapshots by node, decoded one by one when they are first looked at."""

    __slots__ = ("_decoded", "encoded")

    def __init__(self, encoded: Mapping[NodeId, Mapping[str, Any]]) -> None:
        self.encoded = encoded
        self._decoded: dict[NodeId, Snapshot] = {}

    def __getitem__(self, node: NodeId) -> Snapshot:
        found = self._decoded.get(node)
        if found is None:
            found = self._decoded[node] = decode_snapshot(self.encoded[node])
        return found

    def get(self, node: NodeId, default: Any = None) -> Any:
        # The inherited one makes an exception of each node that is not there.
        return self[node] if node in self.encoded else default

    def __iter__(self) -> Iterator[NodeId]:
        return iter(self.encoded)

    def __len__(self) -> int:
        return len(self.encoded)

    def __contains__(self, node: object) -> bool:
        return node in self.encoded
