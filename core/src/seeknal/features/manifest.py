"""What a training set was made from, kept so that the very same can be made again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal import __version__
from seeknal.features.encoding import decoded, encoded, needed
from seeknal.features.training import Asked, TrainingSet, make
from seeknal.host import clock
from seeknal.host.files import replacing, write_text
from seeknal.rows.scans import columns_of
from seeknal.sql.storage import copy_statement, scan_of
from seeknal.values.columns import Column
from seeknal.values.errors import RunError, StateError, UsageError

if TYPE_CHECKING:
    import duckdb

    from seeknal.features.opened import Opened
    from seeknal.features.training import Made
    from seeknal.features.wanted import Wanted
    from seeknal.plan.session import Loaded
    from seeknal.values.snapshot import Snapshot

FORMAT = 1
_ENDING = ".parquet"
Manifest = Mapping[str, Any]
_OF_THE_FILE = ("sha256", "folder")
"""What a manifest says of itself, and where it was read."""


def manifest_of(
    loaded: Loaded,
    environment: str,
    opened: Opened,
    wanted: Sequence[Wanted],
    made: Made,
    asked: Asked,
) -> dict[str, Any]:
    """All that a training set follows from but the entities, as JSON holds it."""
    from seeknal.state.codec import encode_snapshot

    ids = opened.read_by(each.group.node for each in wanted)
    snapshots = [opened.snapshots[id] for id in ids if id in opened.snapshots]
    state = loaded.state.environments[environment]
    return {
        "format": FORMAT,
        "seeknal": __version__,
        "project": loaded.project.name,
        "environment": environment,
        "generation": state.generation,
        "made_at": clock.now().isoformat(),
        "timestamp": made.timestamp,
        "as_of": asked.as_of.isoformat() if asked.as_of else None,
        "timezone": asked.timezone,
        "full_names": asked.full_names,
        "entities": {"said": made.given.said, "columns": _pairs(made.given.columns)},
        "features": [encoded(each, opened.snapshots[each.group.node]) for each in wanted],
        "columns": list(made.names),
        "snapshots": [encode_snapshot(needed(snapshot)) for snapshot in snapshots],
    }


def _pairs(columns: Sequence[Column]) -> list[list[str]]:
    return [[column.name, column.type] for column in columns]


def write_training_set(
    connection: duckdb.DuckDBPyConnection, made: Made, manifest: Manifest, path: Path
) -> Path:
    """Write rows, entities and manifest, the manifest last; gives its path.

    Raises UsageError for a path that is none of a Parquet file.
    """
    if path.suffix.lower() != _ENDING:
        raise UsageError(
            f"{path} is no name of a Parquet file",
            code="SK1809",
            help=f"{path.with_suffix(_ENDING).name} keeps all types; seeknal sql exports others",
        )
    entities = path.with_name(f"{path.stem}.entities{_ENDING}")
    files = {
        "rows": _copy(connection, made.query, path),
        "entities": _copy(connection, made.entities, entities),
    }
    target = path.with_name(f"{path.stem}.manifest.json")
    told = {name: value for name, value in manifest.items() if name not in _OF_THE_FILE}
    told["files"] = files
    told["sha256"] = _digest(told)
    write_text(target, f"{json.dumps(told, indent=2)}\n")
    return target


def _digest(told: Manifest) -> str:
    """By which a manifest that somebody has changed is known."""
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> dict[str, Any]:
    columns = columns_of(connection.sql(query))
    with replacing(path) as temporary:
        ((rows,),) = connection.execute(copy_statement(query, columns, str(temporary))).fetchall()
        with temporary.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
    return {"path": path.name, "sha256": digest, "rows": rows}


def read_manifest(path: Path) -> Manifest:
    """What a file of a training set says. Raises UsageError for one that is none."""
    try:
        found = json.loads(path.read_bytes())
        is_one = found["format"] == FORMAT
        digest = found.pop("sha256")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        is_one = False
    if not is_one:
        raise UsageError(
            f"{path} is no manifest of a training set",
            code="SK1809",
            help="name the file that ends in .manifest.json, beside the training set",
        )
    if _digest(found) != digest:
        raise UsageError(
            f"{path} was changed since it was written: what it says is of no training set",
            code="SK1809",
            help="take it from where it is kept, such as version control",
        )
    return {**found, "folder": str(path.parent.resolve())}


def made_again(root: Path, manifest: Manifest) -> TrainingSet:
    """The training set that a manifest is of, from the very rows that it was made from.

    Raises RunError where some of them are gone, UsageError where the entities are.
    """
    from seeknal.features.entities import Given
    from seeknal.features.opened import Opened
    from seeknal.state.codec import decode_snapshot

    try:
        snapshots = [decode_snapshot(data) for data in manifest["snapshots"]]
        wanted = [decoded(found) for found in manifest["features"]]
        asked = Asked(
            timestamp=manifest["timestamp"],
            as_of=datetime.fromisoformat(manifest["as_of"]) if manifest["as_of"] else None,
            timezone=manifest["timezone"],
            full_names=manifest["full_names"],
        )
        columns = [Column(name, type) for name, type in manifest["entities"]["columns"]]
    except (LookupError, TypeError, ValueError, AttributeError, StateError) as error:
        raise UsageError(
            f"the manifest is not understood: {error!r}", code="SK1809", help="make it anew"
        ) from None
    _check_kept(root, snapshots)
    path = _entities_file(manifest)
    opened = Opened(root, {snapshot.node: snapshot for snapshot in snapshots})
    try:
        opened.define(each.group.node for each in wanted)
        given = Given(
            select=f"FROM {scan_of(str(path), columns)}",
            columns=tuple(columns),
            said=manifest["entities"]["said"],
        )
        made = make(opened, wanted, given, asked)
    except BaseException:
        opened.close()
        raise
    return TrainingSet(opened, made, manifest)


def _check_kept(root: Path, snapshots: Sequence[Snapshot]) -> None:
    from seeknal.state.artifacts import Artifacts

    artifacts = Artifacts(root / "target")
    for snapshot in snapshots:
        if snapshot.artifact is None:
            continue
        health, _ = artifacts.verify(snapshot.artifact)
        if health != "ok":
            what = "was removed, by the janitor or by hand" if health == "missing" else health
            raise RunError(
                f"snapshot {snapshot.output_id} of {snapshot.node}, made at"
                f" {snapshot.made_at[:19].replace('T', ' ')} UTC, {what}",
                code="SK1808",
                help="keep more of them: janitor: {output_retention: 90} in seeknal_project.yml",
            )


def _entities_file(manifest: Manifest) -> Path:
    files = manifest.get("files") or {}
    kept = files.get("entities")
    if kept is None:
        raise UsageError(
            "the manifest is of a training set that was not written",
            code="SK1809",
            help="TrainingSet.write, or --output, keeps its entities",
        )
    path = Path(str(manifest.get("folder", "."))) / str(kept["path"])
    try:
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
    except OSError:
        raise UsageError(
            f"there is no {path}, which keeps the entities of the training set",
            code="SK1809",
            help="put it beside the manifest",
        ) from None
    if digest != kept["sha256"]:
        raise UsageError(
            f"{path} is not what the manifest was written with",
            code="SK1809",
            help="put the file of that training set there",
        )
    return path
