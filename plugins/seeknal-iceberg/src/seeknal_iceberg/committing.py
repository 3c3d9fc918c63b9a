"""One snapshot from the files that come and go, those of deleted rows among them.

PyIceberg 0.12 reads position deletes but writes none: the manifests that name them are made here.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from pyiceberg.manifest import (
    DataFile,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriter,
    ManifestWriterV2,
)
from pyiceberg.table.refs import MAIN_BRANCH
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _OverwriteFiles

from seeknal_iceberg.partitions import NAN, partition_key
from seeknal_iceberg.resolving import parts_of

if TYPE_CHECKING:
    from pyiceberg.table import FileScanTask, Transaction


@frozen(kw_only=True)
class Changes:
    """What a commit does: data files that come, tasks whose files go, deletes that come."""

    added: Sequence[DataFile] = ()
    gone: Sequence[FileScanTask] = ()
    deletes: Sequence[DataFile] = ()
    rows: int = 0
    kept: Sequence[FileScanTask] = field(factory=tuple)
    """Every other file of the table: what deletes rows of these stays."""

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.deletes)

    @property
    def written(self) -> list[DataFile]:
        return [*self.added, *self.deletes]

    def stale_deletes(self) -> set[str]:
        """Delete files that no file needs any more."""
        held = {file.file_path for task in self.kept for file in task.delete_files}
        return {file.file_path for task in self.gone for file in task.delete_files} - held


def commit(
    transaction: Transaction,
    changes: Changes,
    properties: Mapping[str, str],
    branch: str = MAIN_BRANCH,
    operation: Operation | None = None,
) -> None:
    """Add a snapshot to ``branch`` and commit. Raises what PyIceberg raises."""
    update: Any = transaction.update_snapshot(snapshot_properties=dict(properties), branch=branch)
    if changes.gone or changes.deletes:
        producer = _Replacing(transaction, changes, properties, branch, operation)
    else:
        producer = update.fast_append()
    with producer:
        for task in changes.gone:
            producer.delete_data_file(task.file)
        for file in changes.added:
            producer.append_data_file(file)
    transaction.commit_transaction()


class _Replacing(_OverwriteFiles):
    """PyIceberg's overwrite, with delete files."""

    def __init__(
        self,
        transaction: Transaction,
        changes: Changes,
        properties: Mapping[str, str],
        branch: str,
        operation: Operation | None,
    ) -> None:
        super().__init__(
            operation=Operation.OVERWRITE,
            transaction=transaction,
            io=transaction._table.io,
            commit_uuid=uuid.uuid4(),
            snapshot_properties=dict(properties),
            branch=branch,
        )
        self._changes = changes
        self._called = operation
        self._stale = changes.stale_deletes()
        self._dropped: list[DataFile] = []

    def _build_delete_files_partition_predicate(self) -> None:
        """Every manifest is looked at where a NaN goes: PyIceberg cannot compare with it."""
        from pyiceberg.expressions import AlwaysTrue

        deleted = self._deleted_data_files
        odd = {file.spec_id for file in deleted if NAN in partition_key(parts_of(file))}
        self._deleted_data_files = {file for file in deleted if file.spec_id not in odd}
        super()._build_delete_files_partition_predicate()
        self._deleted_data_files = deleted
        for spec in odd:
            self.partition_filters[spec] = AlwaysTrue()

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        found = []
        for manifest in manifests:
            if manifest.content == ManifestContent.DELETES and self._stale:
                found += self._without_stale(manifest)
            elif self._says_something(manifest):
                found.append(manifest)
        return found + self._added_deletes()

    def _says_something(self, manifest: ManifestFile) -> bool:
        """False for those that say what an earlier snapshot removed: they would pile up."""
        mine = manifest.added_snapshot_id == self._snapshot_id
        return mine or manifest.has_added_files() or manifest.has_existing_files()

    def _without_stale(self, manifest: ManifestFile) -> list[ManifestFile]:
        entries = manifest.fetch_manifest_entry(self._io, discard_deleted=True)
        stale = [entry for entry in entries if entry.data_file.file_path in self._stale]
        if not stale:
            return [manifest]
        self._dropped += [entry.data_file for entry in stale]
        kept = [entry for entry in entries if entry.data_file.file_path not in self._stale]
        if not kept:
            return []
        with self._delete_writer(manifest.partition_spec_id) as writer:
            for entry in kept:
                writer.existing(entry)
        return [writer.to_manifest_file()]

    def _added_deletes(self) -> list[ManifestFile]:
        by_spec: dict[int, list[DataFile]] = {}
        for file in self._changes.deletes:
            by_spec.setdefault(file.spec_id, []).append(file)
        return [self._manifest_of(spec, files) for spec, files in by_spec.items()]

    def _manifest_of(self, spec: int, files: Sequence[DataFile]) -> ManifestFile:
        with self._delete_writer(spec) as writer:
            for file in files:
                writer.add(
                    ManifestEntry.from_args(
                        status=ManifestEntryStatus.ADDED,
                        snapshot_id=self._snapshot_id,
                        sequence_number=None,
                        file_sequence_number=None,
                        data_file=file,
                    )
                )
        return writer.to_manifest_file()

    def _delete_writer(self, spec: int) -> ManifestWriter:
        return _DeleteManifestWriter(
            self.spec(spec),
            self.schema(),
            self.new_manifest_output(),
            self._snapshot_id,
            self._compression,
        )

    def _summary(self, snapshot_properties: dict[str, str] | None = None) -> Any:
        """With the delete files counted, as they are by other engines."""
        added, removed = self._added_data_files, self._deleted_data_files
        self._added_data_files = [*added, *self._changes.deletes]
        self._deleted_data_files = {*removed, *self._dropped}
        try:
            found = super()._summary(snapshot_properties or {})
            # PyIceberg counts what is overwritten and knows no other name for it.
            return found.model_copy(update={"operation": self._called or found.operation})
        finally:
            self._added_data_files, self._deleted_data_files = added, removed


class _DeleteManifestWriter(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}
