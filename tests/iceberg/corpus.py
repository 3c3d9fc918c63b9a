"""Tables that PyIceberg makes: every type in every place, evolved, with deletes and foreign files.

What a table holds is told twice: by PyIceberg's own scan, and by `truth`, which reads each data
file with pyarrow and finds its fields by id with a few lines of Python. PyIceberg 0.12 loses NULL
where a list or a map holds structs (it reads and writes an empty one), so rows are compared with
its scan only where it agrees with the files themselves.
"""

import datetime as dt
import decimal
import itertools
import math
import uuid
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet as parquet
from pyiceberg import types
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from tests.contexts import step_context

from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.relations import Relation
from seeknal.values.sources import Connection, Source
from seeknal.values.targets import Target
from seeknal_iceberg.catalogs import open_catalog
from seeknal_iceberg.options import Catalog, IcebergSource, IcebergTarget

UTC = dt.UTC
VALUES = {
    "boolean": (types.BooleanType(), [True, False]),
    "int": (types.IntegerType(), [1, -(2**31), 2**31 - 1]),
    "long": (types.LongType(), [1, -(2**63), 2**63 - 1]),
    "float": (types.FloatType(), [1.5, -0.0, math.nan, math.inf]),
    "double": (types.DoubleType(), [0.1, -0.0, math.nan, -math.inf]),
    "decimal": (types.DecimalType(9, 2), [decimal.Decimal("1.23"), decimal.Decimal("-9999999.99")]),
    "wide decimal": (
        types.DecimalType(38, 10),
        [decimal.Decimal("1234567890123456789012345678.0123456789"), decimal.Decimal("-0.5")],
    ),
    "date": (types.DateType(), [dt.date(2024, 2, 29), dt.date(1, 1, 1), dt.date(9999, 12, 31)]),
    "time": (types.TimeType(), [dt.time(1, 2, 3, 456789), dt.time(0)]),
    "timestamp": (
        types.TimestampType(),
        [dt.datetime(2024, 2, 29, 1, 2, 3, 456789), dt.datetime(1, 1, 1)],
    ),
    "timestamptz": (
        types.TimestamptzType(),
        [
            dt.datetime(2024, 2, 29, 1, 2, 3, 456789, tzinfo=UTC),
            dt.datetime(1900, 1, 1, tzinfo=UTC),
        ],
    ),
    "string": (types.StringType(), ["żółć 🦆", "", "a'b\"c"]),
    "uuid": (types.UUIDType(), [uuid.UUID(int=2**127 + 5), uuid.UUID(int=7)]),
    "fixed": (types.FixedType(4), [b"\x00\x01\xfe\xff", b"abcd"]),
    "binary": (types.BinaryType(), [b"", b"\x00\xff", b"abc"]),
}
WIDER = {
    "int": types.LongType(),
    "float": types.DoubleType(),
    "decimal": types.DecimalType(18, 2),
}
BY_P = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "p"))
ORIGINS = ("append", "files without ids", "files with ids")
PLACES = (
    (),
    ("s",),
    ("l", "element"),
    ("m", "value"),
    ("d", "a", "element", "b", "value"),
)
"""Where the fields v and w lie: at the top, in a struct, in those of a list, of a map, deeper."""


def schema_with(kind):
    """A table whose fields v and w, of one type, lie in every kind of place."""
    ids = itertools.count(3)

    def pair():
        return [
            types.NestedField(next(ids), name, kind, required=False, doc=None)
            for name in ("v", "w")
        ]

    def field(name, made):
        return types.NestedField(next(ids), name, made, required=False)

    def struct():
        return types.StructType(*pair())

    def listed(made):
        return types.ListType(next(ids), made, element_required=False)

    def mapped(made, key=None):
        return types.MapType(
            next(ids), key or types.StringType(), next(ids), made, value_required=False
        )

    keyed = not isinstance(kind, types.FloatType | types.DoubleType)
    return Schema(
        types.NestedField(1, "id", types.LongType(), required=False),
        types.NestedField(2, "p", types.IntegerType(), required=False),
        *pair(),
        field("s", struct()),
        field("l", listed(struct())),
        field("m", mapped(struct())),
        field(
            "d",
            types.StructType(field("a", listed(types.StructType(field("b", mapped(struct())))))),
        ),
        field("ls", listed(listed(kind))),
        field("mk", mapped(kind, kind if keyed else None)),
    )


def rows_of(values, first, count, *, whole):
    """Rows that hold every value and NULL in every place.

    ``whole`` leaves out what PyIceberg 0.12 cannot write: NULL for a list or map of structs.
    """
    turn = itertools.cycle([*values, None])

    def pair():
        return {"v": next(turn), "w": next(turn)}

    def row(number):
        gap = number % 4 == 3
        none = None if not whole else []
        return {
            "id": number,
            "p": 1 if number < 10 else 2,
            **pair(),
            "s": None if gap else pair(),
            "l": none if gap else [pair(), None, pair()],
            "m": none if gap else [("k", pair()), ("n", None)],
            "d": None if gap else {"a": [{"b": [("x", pair())]}, {"b": none}]},
            "ls": None if gap else [[next(turn), None], None, []],
            "mk": None
            if gap
            else [
                (value if not isinstance(value, float) else repr(value), next(turn))
                for value in values
            ],
        }

    return [row(number) for number in range(first, first + count)]


def arrow(rows, schema, *, ids):
    plain = schema_to_pyarrow(schema, include_field_ids=ids)
    made = pyarrow.schema([_stored(field) for field in plain])
    return pyarrow.Table.from_pylist([_bytes(row) for row in rows], schema=made)


def _stored(field):
    """A field whose UUIDs are bytes: pyarrow makes no nested ones of Python's."""
    kind = field.type
    if kind == pyarrow.uuid():
        kind = pyarrow.binary(16)
    elif pyarrow.types.is_struct(kind):
        kind = pyarrow.struct([_stored(inner) for inner in kind])
    elif pyarrow.types.is_map(kind):
        kind = pyarrow.map_(_stored(kind.key_field), _stored(kind.item_field))
    elif hasattr(kind, "value_field"):
        kind = pyarrow.large_list(_stored(kind.value_field))
    return field.with_type(kind)


def _bytes(value):
    if isinstance(value, dict):
        return {key: _bytes(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_bytes(inner) for inner in value]
    if isinstance(value, tuple):
        return tuple(_bytes(inner) for inner in value)
    return value.bytes if isinstance(value, uuid.UUID) else value


def documented(column):
    """The table of docs/how-to/iceberg.md that has ``column``: by type, what each column says."""
    lines = (Path(__file__).parents[2] / "docs/how-to/iceberg.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    start = next(at for at, row in enumerate(rows) if column in row and "Iceberg type" in row)
    body = itertools.takewhile(len, rows[start + 2 :])
    return {name: dict(zip(rows[start][1:], told, strict=True)) for name, *told in body}


class Lake:
    """A catalog below a folder, and what reads and writes its tables with seeknal."""

    def __init__(self, root):
        self.root = Path(root)
        self.catalog = open_catalog(Catalog(), "atlas", self.root)
        self.catalog.create_namespace_if_not_exists("s")
        self.duckdb = duckdb.connect()
        self.duckdb.execute("SET TimeZone = 'UTC'")
        self.deliveries = itertools.count()

    def close(self):
        self.duckdb.close()

    def table(self):
        return self.catalog.load_table("s.t")

    def context(self):
        number = next(self.deliveries)
        workdir = self.root / "work" / str(number)
        workdir.mkdir(parents=True)
        return step_context(
            NodeId("transform.t"),
            self.root,
            self.duckdb,
            scratch=workdir,
            samples=workdir,
            connections=lambda name: Connection(name=name, type="iceberg", options=Catalog()),
            delivery_id=f"delivery-{self.root.name}-{number}",
        )

    def add(self, data, name):
        """Adds a file that another tool wrote."""
        path = self.root / f"{name}.parquet"
        parquet.write_table(data, path)
        self.table().add_files([path.as_uri()])

    def read(self, **options):
        """Rows as seeknal reads them, by id."""
        return by_id(self.duckdb.sql(self.query(**options)).to_arrow_table().to_pylist())

    def query(self, **options):
        """What seeknal reads the table by."""
        from seeknal_iceberg.reading import read

        source = Source(
            node=NodeId("source.b"),
            type="iceberg",
            options=IcebergSource(**options),
            table=("atlas.s.t",),
        )
        return read(source, source.options, self.context()).sql

    def deliver(self, query, mode, **options):
        from seeknal_iceberg.delivering import deliver

        relation = self.duckdb.sql(query)
        self.duckdb.execute(f"CREATE OR REPLACE TABLE delivered AS {query}")
        columns = tuple(
            Column(name, str(kind))
            for name, kind in zip(relation.columns, relation.types, strict=True)
        )
        ((rows,),) = self.duckdb.sql("SELECT count(*) FROM delivered").fetchall()
        return deliver(
            Target(
                node=NodeId("transform.t"),
                type="iceberg",
                options=IcebergTarget(table="atlas.s.t", **options),
                key="k",
                label="atlas.s.t",
                mode=mode,
            ),
            IcebergTarget(table="atlas.s.t", **options),
            Relation(node=NodeId("transform.t"), scan="delivered", columns=columns, rows=rows),
            self.context(),
        )

    def compact(self):
        """Joins all files of the table, however few they are."""
        from seeknal_iceberg import compacting

        enough, compacting.ENOUGH = compacting.ENOUGH, 1
        try:
            return compacting.compact(self.table(), self.context())
        finally:
            compacting.ENOUGH = enough


def evolve(table, what, kind):
    """One change at every place that fields v and w have."""
    for place in PLACES:
        v, w = (".".join((*place, name)) for name in ("v", "w"))
        if what == "add":
            with table.update_schema() as update:
                update.add_column((*place, "x"), kind)
        elif what == "rename":
            with table.update_schema() as update:
                update.rename_column(v, "y")
        elif what == "swap":
            for old, new in ((v, "z"), (w, "v"), (".".join((*place, "z")), "w")):
                with table.update_schema() as update:
                    update.rename_column(old, new)
        elif what == "drop":
            with table.update_schema() as update:
                update.delete_column(v)
        elif what == "drop and add":
            with table.update_schema() as update:
                update.delete_column(v)
            with table.update_schema() as update:
                update.add_column((*place, "v"), kind)
        elif what == "reorder":
            with table.update_schema() as update:
                update.move_first(w)
        elif what == "widen":
            with table.update_schema() as update:
                update.update_column(v, kind)


EVOLUTIONS = ("nothing", "add", "rename", "swap", "drop", "drop and add", "reorder", "widen")


def made(lake, name, what, origin):
    """A table of a type, written, evolved and written again; with a file that lost rows."""
    kind, values = VALUES[name]
    schema = schema_with(kind)
    lake.catalog.create_table("s.t", schema, partition_spec=BY_P)
    write(lake, rows_of(values, 0, 6, whole=origin == "append"), origin, "first")
    evolve(lake.table(), what, WIDER.get(name, kind) if what == "widen" else kind)
    table = lake.table()
    later = [renamed(row, what) for row in rows_of(values, 10, 4, whole=True)]
    table.append(arrow(later, table.schema(), ids=False))
    lake.table().delete("id == 11")
    return lake.table()


def renamed(value, what):
    """A row under the names of the evolved schema: what has no name there is left out."""
    if isinstance(value, dict):
        inner = {key: renamed(found, what) for key, found in value.items()}
        if what == "rename" and "v" in inner:
            inner["y"] = inner.pop("v")
        if what == "drop":
            inner.pop("v", None)
        return inner
    if isinstance(value, list):
        return [renamed(found, what) for found in value]
    if isinstance(value, tuple):
        return tuple(renamed(found, what) for found in value)
    return value


def write(lake, rows, origin, name):
    table = lake.table()
    if origin == "append":
        table.append(arrow(rows, table.schema(), ids=False))
    else:
        lake.add(arrow(rows, table.schema(), ids=origin == "files with ids"), name)


def by_id(rows):
    """Rows by their key, with values that can be compared and printed."""
    found = {row["id"]: comparable(row) for row in rows}
    assert len(found) == len(rows), "a key is there twice"
    return found


def comparable(value):
    if isinstance(value, dict):
        return {key: comparable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [comparable(inner) for inner in value]
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return str(value) if isinstance(value, uuid.UUID) else value


def scanned(table):
    """What PyIceberg's own scan says."""
    return by_id(table.scan().to_arrow().to_pylist())


def truth(table):
    """What the data files hold, their fields found by id without PyIceberg's reader."""
    mapping = table.name_mapping()
    rows = []
    for task in table.scan().plan_files():
        path = task.file.file_path.removeprefix("file://")
        data = parquet.read_table(path)
        gone = _deleted(task)
        for place, row in enumerate(data.to_pylist()):
            if place not in gone:
                rows.append(_struct(row, data.schema, table.schema().as_struct(), mapping))
    return by_id(rows)


def _deleted(task):
    gone = set()
    for file in task.delete_files:
        data = parquet.read_table(file.file_path.removeprefix("file://")).to_pylist()
        gone |= {row["pos"] for row in data if row["file_path"] == task.file.file_path}
    return gone


def _id(field, names):
    given = (field.metadata or {}).get(b"PARQUET:field_id")
    if given is not None:
        return int(given), ()
    for mapped in names or ():
        if field.name in mapped.names:
            return mapped.field_id, mapped.fields
    return None, ()


def _struct(value, fields, wanted, names):
    """A struct's value under the names of today."""
    if value is None:
        return None
    known = {}
    for field in fields:
        number, inner = _id(field, names)
        known[number] = (field, inner)
    found = {}
    for field in wanted.fields:
        if field.field_id not in known:
            found[field.name] = field.initial_default
            continue
        there, inner = known[field.field_id]
        found[field.name] = _value(value[there.name], there.type, field.field_type, inner)
    return found


def _value(value, kind, wanted, names):
    if value is None:
        return None
    inner = {name: mapped.fields for mapped in names for name in mapped.names}
    if isinstance(wanted, types.StructType):
        return _struct(value, kind, wanted, names)
    if isinstance(wanted, types.ListType):
        return [
            _value(one, kind.value_type, wanted.element_type, inner.get("element", ()))
            for one in value
        ]
    if isinstance(wanted, types.MapType):
        return [
            (
                _value(key, kind.key_type, wanted.key_type, inner.get("key", ())),
                _value(one, kind.item_type, wanted.value_type, inner.get("value", ())),
            )
            for key, one in value
        ]
    if isinstance(wanted, types.UUIDType) and isinstance(value, bytes):
        return uuid.UUID(bytes=value)
    return value
