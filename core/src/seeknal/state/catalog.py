"""The metadata catalog: what each stored table is, in a JSON file of its own below ``target``.

It follows from the project and the state: losing it loses nothing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.host.files import kept_json, put_texts
from seeknal.intervals.holding import holding_of
from seeknal.values.names import PRODUCTION, NodeId

if TYPE_CHECKING:
    from seeknal.state.ledger import EnvironmentState
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Snapshot

Document = dict[str, Any]

SCHEMA_VERSION = 1
VALUES = ("min", "max")
"""The statistics that are values of rows."""
STATISTICS = ("null_count", "approx_distinct", *VALUES)
_OF_ITS_WRITING = "generation"
"""What may differ of a file whose table has not changed."""


def version_of(state: EnvironmentState) -> list[Any]:
    """What is another when anything may have to be told anew of an environment's tables."""
    return [
        state.generation,
        {id: [list(span) for span in spans] for id, spans in state.marks.items()},
    ]


def document(node: Node | None, snapshot: Snapshot, state: EnvironmentState) -> Document | None:
    """What is known of a table without looking into it; None for a node that has no rows."""
    columns = snapshot.columns
    if columns is None:
        return None
    id, artifact = snapshot.node, snapshot.artifact
    ranges = holding_of(snapshot, state.marks.get(id, ()))
    described = {spec.name.lower(): spec.description for spec in node.columns} if node else {}
    return {
        "schema_version": SCHEMA_VERSION,
        "table_name": str(id),
        "kind": id.kind,
        "layer": snapshot.layer_among(node.layer if node else None),
        "domain": node.domain if node else None,
        "description": node.description if node else None,
        "business_purpose": node.business_purpose if node else None,
        "owner": node.owner if node else None,
        "tags": list(node.tags) if node else [],
        "row_count": artifact.rows if artifact else None,
        "column_count": len(columns),
        "file_size_bytes": artifact.size if artifact else None,
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "nullable": column.nullable,
                "description": described.get(column.name.lower()),
                **dict.fromkeys(STATISTICS),
            }
            for column in columns
        ],
        "upstream_tables": [str(parent) for parent in node.parents] if node else [],
        "fingerprint": snapshot.fingerprint.short,
        "artifact": artifact.path if artifact else None,
        "environment": state.name,
        "generation": state.generation,
        "batch_id": snapshot.made_by,
        "updated_at": snapshot.made_at,
        **({"note": snapshot.note} if snapshot.note else {}),
        **({"ranges": ranges.answer} if ranges else {}),
    }


class Catalog:
    """The files of one environment's tables. Readers need no lock.

    Production's lie in ``target/catalog/tables``, those of others in
    ``target/catalog/environments/<environment>/tables``.
    """

    def __init__(self, target: Path, environment: str) -> None:
        base = target / "catalog"
        if environment != PRODUCTION:
            base = base / "environments" / environment
        self._folder = base / "tables"
        self._mark = base / "current.json"

    def is_current(self, mark: object) -> bool:
        """Whether the files were written for this: so a run without work looks at one file."""
        return kept_json(self._mark).get("for") == mark

    def is_of(self, state: EnvironmentState) -> bool:
        """Whether the files were written for an environment as it is."""
        match kept_json(self._mark).get("for"):
            case [number, marks, *_]:
                return version_of(state) == [number, marks]
        return False

    def documents(self) -> list[Document]:
        """What the files say, in order of the tables' names."""
        return [entry for _, entry in self._readable()]

    def paths(self) -> list[str]:
        """The files that say something."""
        return [str(path) for path, _ in self._readable()]

    def is_complete(self, tables: Collection[NodeId]) -> bool:
        """Whether there is a file of each of the tables: somebody may have lost or damaged one."""
        return {entry["table_name"] for entry in self.documents()} >= set(tables)

    def current(self, wanted: Document) -> Document | None:
        """The file's document where it says the same of the table, statistics included."""
        path = self._path(NodeId(wanted["table_name"]))
        found = kept_json(path)
        return found if _is_document(found, path) and _same(found, wanted) else None

    def write(self, found: Iterable[Document]) -> None:
        """Replace files, each at once. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        _replace(self._folder, {_name(NodeId(entry["table_name"])): entry for entry in found})

    def keep_only(self, tables: Collection[NodeId], mark: object) -> None:
        """Remove the files of other tables, and note what all are written for. Raises OSError."""
        kept = {_name(id) for id in tables}
        for path in self._files():
            if path.name not in kept:
                path.unlink(missing_ok=True)
        self._mark.parent.mkdir(parents=True, exist_ok=True)
        _replace(self._mark.parent, {self._mark.name: {"for": mark}})

    def remove(self) -> None:
        """Remove all files, and what they were written for, as far as that can be done."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(OSError):
            self._mark.unlink(missing_ok=True)
            self._mark.parent.rmdir()

    def _readable(self) -> Iterator[tuple[Path, Document]]:
        for path in self._files():
            found = kept_json(path)
            if _is_document(found, path):
                yield path, found

    def _files(self) -> Iterator[Path]:
        with suppress(FileNotFoundError):
            yield from (path for path in sorted(self._folder.glob("*.json")) if path.is_file())

    def _path(self, id: NodeId) -> Path:
        return self._folder / _name(id)


def _name(id: NodeId) -> str:
    return f"{id.kind}.{id.name}.json"


def _is_document(found: Mapping[str, Any], path: Path) -> bool:
    """Whether a file says what is known of the table that it is called after."""
    columns = found.get("columns")
    return (
        found.get("schema_version") == SCHEMA_VERSION
        and found.get("table_name") == path.name.removesuffix(".json")
        and isinstance(columns, list)
        and all(isinstance(column, dict) for column in columns)
    )


def _same(found: Mapping[str, Any], wanted: Document) -> bool:
    if found.keys() != wanted.keys() or len(found["columns"]) != len(wanted["columns"]):
        return False
    keys = [key for key in wanted if key not in ("columns", _OF_ITS_WRITING)]
    return all(found[key] == wanted[key] for key in keys) and all(
        {name: one.get(name) for name in other if name not in STATISTICS}
        == {name: value for name, value in other.items() if name not in STATISTICS}
        for one, other in zip(found["columns"], wanted["columns"], strict=True)
    )


def _replace(folder: Path, contents: Mapping[str, Mapping[str, Any]]) -> None:
    """Replace the files of a folder by their names."""
    for path in (folder / name for name in contents):
        if path.is_dir() and not path.is_symlink():
            # Nothing of ours is a folder, and no file takes the place of one.
            shutil.rmtree(path)
    texts = {name: f"{json.dumps(content, indent=2)}\n" for name, content in contents.items()}
    put_texts(folder, texts)
