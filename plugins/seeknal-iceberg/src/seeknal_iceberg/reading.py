"""Reading a table: its files are planned by PyIceberg and read by DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.plugin import (
    Context,
    NodeError,
    Rows,
    Scan,
    Source,
    SqlRefused,
    check_condition,
    did_you_mean,
    quote_identifier,
)
from seeknal_iceberg.catalogs import load_table, open_catalog, options_of, table_name
from seeknal_iceberg.options import Catalog, IcebergSource
from seeknal_iceberg.resolving import Fields
from seeknal_iceberg.scanning import in_place, scan_of_files

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.table import DataScan, Table

_VIEW = "seeknal_iceberg_rows"


def version_of(source: Source, options: IcebergSource, context: Context) -> object | None:
    """The table and the snapshot that a read would see: nothing is opened when both are known."""
    table = _table(source, options, context)
    return [str(table.metadata.table_uuid), _snapshot(table, options), table.schema().schema_id]


def read(source: Source, options: IcebergSource, context: Context) -> Rows:
    """The rows of one snapshot: DuckDB reads the very files where they lie on this machine."""
    table = _table(source, options, context)
    wanted = [spec.name for spec in source.columns] or None
    scan = _scan(table, options, wanted, source)
    tasks = list(scan.plan_files())
    files = in_place(tasks)
    types = {spec.name: spec.type for spec in source.columns if spec.type}
    if files is None:
        context.duckdb.register(_VIEW, scan.to_arrow_batch_reader())
        return Scan(_cast(f"FROM {quote_identifier(_VIEW)}", scan.projection(), types, None))
    return Scan(
        _cast(
            f"FROM {scan_of_files(files, Fields.of(table.metadata, scan.projection()), context)}",
            scan.projection(),
            types,
            options.filter,
        )
    )


def _cast(rows: str, schema: Schema, types: dict[str, str], filter: str | None) -> str:
    columns = ", ".join(
        f"CAST({quote_identifier(field.name)} AS {types[field.name]}) AS"
        f" {quote_identifier(field.name)}"
        if field.name in types
        else quote_identifier(field.name)
        for field in schema.fields
    )
    where = f" WHERE ({filter})" if filter else ""
    return f"SELECT {columns} {rows}{where}"


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
    return load_table(open_catalog(catalog, name.catalog, context.project_root), name)


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


def _scan(
    table: Table, options: IcebergSource, wanted: Sequence[str] | None, source: Source
) -> DataScan:
    # An earlier snapshot has the columns of its time, the current one those of now.
    given: dict[str, Any] = {"snapshot_id": _snapshot(table, options)} if _travels(options) else {}
    names = [field.name for field in table.schema().fields]
    for name in wanted or ():
        if name not in names:
            raise NodeError(
                f"there is no column {name!r}, which columns: names",
                code="SK1405",
                help=did_you_mean(name, names) or f"columns: {', '.join(names)}",
            )
    if wanted:
        given["selected_fields"] = tuple(wanted)
    if options.filter:
        given["row_filter"] = _filter(options.filter)
    return table.scan(**given)


def _filter(text: str) -> str:
    from pyiceberg.expressions.parser import parse

    try:
        check_condition(text)
        parse(text)
    except (SqlRefused, Exception) as error:
        raise NodeError(
            f"filter: {str(error).splitlines()[0]}",
            code="SK1406",
            help="comparisons of a column with a value, joined by and, or, not",
        ) from None
    return text


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
