"""Reading a table: its files are planned by PyIceberg and read by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import (
    NodeError,
    Scan,
    column_help,
    did_you_mean,
    quote_identifier,
)
from seeknal_iceberg.catalogs import load_table, open_catalog, options_of, table_name
from seeknal_iceberg.filtering import both, filter_of
from seeknal_iceberg.planning import planned
from seeknal_iceberg.ranging import filter_within
from seeknal_iceberg.resolving import Fields, check_columns
from seeknal_iceberg.scanning import (
    brought_here,
    deletes_by_position,
    holds_structs,
    in_place,
    scan_of_files,
)

if TYPE_CHECKING:
    from pyarrow import RecordBatchReader
    from pyiceberg.schema import Schema
    from pyiceberg.table import DataScan, Table

    from seeknal.plugin import (
        Context,
        Rows,
        Source,
    )
    from seeknal_iceberg.filtering import Filter
    from seeknal_iceberg.options import Catalog, IcebergSource

_VIEW = "seeknal_iceberg_rows"


def version_of(source: Source, options: IcebergSource, context: Context) -> object | None:
    """The table and the snapshot that a read would see: nothing is opened when both are known."""
    table = _table(source, options, context)
    return [str(table.metadata.table_uuid), _snapshot(table, options), table.schema().schema_id]


def read(source: Source, options: IcebergSource, context: Context) -> Rows:
    """The rows of one snapshot: DuckDB reads the very files where they lie on this machine."""
    table = _table(source, options, context)
    scan = _scan(table, options)
    schema = scan.projection()
    types = {spec.name: spec.type for spec in source.columns if spec.type}
    filter = _filter(source, options, types, schema, table, context)
    wanted = _wanted(source, schema)
    if filter:
        scan = scan.filter(filter.pruning)
    if len(wanted) < len(schema.fields):
        scan = scan.select(*wanted, *(filter.columns if filter else ()))
    return Scan(_select(wanted, _rows(table, scan, context), types, filter))


def _filter(
    source: Source,
    options: IcebergSource,
    types: Mapping[str, str],
    schema: Schema,
    table: Table,
    context: Context,
) -> Filter | None:
    """What is asked of the rows: by the source's own condition, and by the range of time."""
    metadata = table.metadata
    own = filter_of(options.filter, schema, metadata, context) if options.filter else None
    if source.within is None:
        return own
    within = filter_within(source.within, schema, metadata, types, context)
    return both(own, within) if own and within else own or within


def _rows(table: Table, scan: DataScan, context: Context) -> str:
    """What stands after FROM to read what a scan plans."""
    tasks = planned(scan)
    schema = scan.projection()
    check_columns(schema)
    files = in_place(tasks)
    if files is None and holds_structs(schema) and all(map(deletes_by_position, tasks)):
        # PyIceberg reads NULL as an empty list or map where it holds structs.
        files = brought_here(table.io, tasks, context)
    if files is None:
        context.duckdb.register(_VIEW, _by_pyiceberg(scan))
        return quote_identifier(_VIEW)
    return scan_of_files(files, Fields.of(table.metadata, schema), context)


def _by_pyiceberg(scan: DataScan) -> RecordBatchReader:
    try:
        return scan.to_arrow_batch_reader()
    except TypeError:
        # It compares NULL, the value of a partition, with the filter's: see `planned`.
        from pyiceberg.expressions import AlwaysTrue

        return scan.update(row_filter=AlwaysTrue()).to_arrow_batch_reader()


def _wanted(source: Source, schema: Schema) -> list[str]:
    """The columns that are read. Raises NodeError for one that is not there."""
    names = [field.name for field in schema.fields]
    wanted = [spec.name for spec in source.columns] or names
    for name in wanted:
        if name not in names:
            raise NodeError(
                f"there is no column {name!r}, which columns: names",
                code="SK1405",
                help=column_help(name, names),
            )
    return names if source.whole else [name for name in names if name in wanted]


def _select(wanted: Sequence[str], rows: str, types: dict[str, str], filter: Filter | None) -> str:
    columns = ", ".join(
        f"CAST({quote_identifier(name)} AS {types[name]}) AS {quote_identifier(name)}"
        if name in types
        else quote_identifier(name)
        for name in wanted
    )
    where = f" WHERE ({filter.sql})" if filter else ""
    # A condition names the table's columns, not what a declared type makes of them.
    return f"SELECT {columns} FROM (FROM {rows}{where})"


def _table(source: Source, options: IcebergSource, context: Context) -> Table:
    if source.query is not None:
        raise NodeError(
            "an Iceberg source reads a table, not a query",
            code="SK1404",
            help="table: catalog.namespace.name, with params: {filter: ...}; or a transform",
        )
    if not source.table:
        raise NodeError(
            "it does not say which table it reads",
            code="SK1404",
            help="table: catalog.namespace.name",
        )
    name = table_name(".".join(source.table))
    catalog = inlined(options_of(source.connection, context), options)
    root = context.project_root
    return load_table(open_catalog(catalog, name.catalog, root), name, root)


def inlined(catalog: Catalog, given: IcebergSource) -> Catalog:
    """What a source gives in place of its connection's."""
    if given.catalog_uri is None:
        return catalog
    kind = "rest" if given.catalog_uri.startswith("http") else catalog.catalog
    return evolve(
        catalog,
        catalog=kind,
        uri=given.catalog_uri,
        warehouse=given.warehouse or catalog.warehouse,
    )


def _scan(table: Table, options: IcebergSource) -> DataScan:
    # An earlier snapshot has the columns of its time, the current one those of now.
    return table.scan(snapshot_id=_snapshot(table, options) if _travels(options) else None)


def _travels(options: IcebergSource) -> list[str]:
    """The options that name another snapshot than the current one."""
    keys = ("snapshot_id", "as_of", "branch", "tag")
    return [key for key in keys if getattr(options, key) is not None]


def _snapshot(table: Table, options: IcebergSource) -> int | None:
    """The snapshot that the options mean; None for an empty table."""
    given = _travels(options)
    if len(given) > 1:
        raise NodeError(f"{given[0]} and {given[1]} exclude each other", code="SK1407")
    if options.snapshot_id is not None:
        if table.snapshot_by_id(options.snapshot_id) is None:
            known = ", ".join(str(found.snapshot_id) for found in table.snapshots()[-5:])
            raise NodeError(
                f"there is no snapshot {options.snapshot_id}",
                code="SK1407",
                help=f"the newest: {known or 'none'}",
            )
        return options.snapshot_id
    if options.as_of is not None:
        return _as_of(table, options.as_of)
    name = options.branch or options.tag
    if name is not None:
        found = table.snapshot_by_name(name)
        if found is None:
            refs = [ref for ref in table.metadata.refs if ref != "main"]
            help = did_you_mean(name, refs) or f"branches and tags: {', '.join(refs) or 'none'}"
            raise NodeError(f"there is no branch or tag {name!r}", code="SK1407", help=help)
        return found.snapshot_id
    current = table.current_snapshot()
    return current.snapshot_id if current else None


def _as_of(table: Table, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NodeError(
            f"as_of: {text!r} is not a time", code="SK1407", help="as_of: 2025-01-31 12:00"
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    found = table.snapshot_as_of_timestamp(int(moment.timestamp() * 1000))
    if found is None:
        raise NodeError(f"the table did not exist as of {text}", code="SK1407")
    return found.snapshot_id
