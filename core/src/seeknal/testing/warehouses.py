"""What a warehouse of ``seeknal ingest`` promises, as tests to subclass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from seeknal.testing.shared import Contract

if TYPE_CHECKING:
    from seeknal.kernel.contexts import Context
    from seeknal.kernel.plugin_types import Warehouse
    from seeknal.values.loads import Load
    from seeknal.values.relations import Relation
    from seeknal.values.sources import Connection

    Held = Callable[[str], Sequence[dict[str, Any]]]
    Rows = Callable[[str], Relation]

LOG = "etl_audit_log"
FIRST = "SELECT 1 AS id, 'a' AS name, 'one' AS _source_file UNION ALL SELECT 2, 'b', 'one'"
SECOND = "SELECT 2 AS id, 'B' AS name, 'two' AS _source_file UNION ALL SELECT 3, 'c', 'two'"
BROKEN = (
    "SELECT i AS id, CASE WHEN i = 5000 THEN error('broken') ELSE 'x' END AS name,"
    " 'two' AS _source_file FROM range(10000) AS r(i)"
)
MODES = ("append", "full", "upsert")


class WarehouseContract(Contract):
    """What every warehouse of `seeknal ingest` keeps. Override the fixtures that raise."""

    @pytest.fixture
    def connection(self) -> Connection:
        """A connection to an empty database that rows can be loaded into."""
        raise NotImplementedError

    @pytest.fixture
    def held(self) -> Held:
        """Reads what a table, or the log, holds now: a dict for each row, none without a table."""
        raise NotImplementedError

    @pytest.fixture
    def warehouse(
        self, module: Any, connection: Connection, context: Context
    ) -> Iterator[Warehouse]:
        """The warehouse behind ``connection``."""
        found: Warehouse = module.open_warehouse(connection, context)
        yield found
        found.close()

    @pytest.fixture
    def first(self, warehouse: Warehouse, relation: Rows) -> Load:
        """A load of two rows into the table ``orders``, which is done."""
        load = _load(warehouse, "first", files=("one",))
        warehouse.load(load, relation(FIRST), _told)
        return load

    @pytest.mark.parametrize(
        ("mode", "rows"),
        [
            ("append", [(1, "a"), (2, "B"), (2, "b"), (3, "c")]),
            ("full", [(2, "B"), (3, "c")]),
            ("upsert", [(1, "a"), (2, "B"), (3, "c")]),
        ],
    )
    def test_a_second_load_does_what_its_mode_says(
        self, warehouse: Warehouse, first: Load, relation: Rows, held: Held, mode: Any, rows: Any
    ) -> None:
        second = _load(warehouse, "second", mode=mode)

        done = warehouse.load(second, relation(SECOND), _told)

        assert done.rows == 2
        assert _orders(held) == rows

    @pytest.mark.parametrize("mode", MODES)
    def test_a_first_load_makes_the_table(
        self, warehouse: Warehouse, relation: Rows, held: Held, mode: Any
    ) -> None:
        load = _load(warehouse, "first", mode=mode)

        warehouse.load(load, relation(FIRST), _told)

        assert _orders(held) == [(1, "a"), (2, "b")]

    def test_each_row_says_from_which_file_and_when_it_came(self, first: Load, held: Held) -> None:
        rows = held("orders")

        assert {row["_source_file"] for row in rows} == {"one"}
        assert all(row["_loaded_at"] is not None for row in rows)

    def test_a_load_without_rows_makes_the_table(
        self, warehouse: Warehouse, relation: Rows, held: Held
    ) -> None:
        load = _load(warehouse, "first")

        done = warehouse.load(load, relation(f"FROM ({FIRST}) WHERE false"), _told)
        warehouse.load(_load(warehouse, "second"), relation(SECOND), _told)

        assert done.rows == 0
        assert warehouse.committed(load) == 0
        assert _orders(held) == [(2, "B"), (3, "c")]

    def test_a_load_is_on_record(self, warehouse: Warehouse, first: Load, held: Held) -> None:
        other = _load(warehouse, "second", name="others")

        (entry,) = held(LOG)

        assert entry["run_id"] == first.run_id
        assert (entry["status"], entry["rows_loaded"], entry["parquet_files"]) == ("success", 2, 1)
        assert warehouse.committed(first) == 2
        assert warehouse.committed(other) is None
        assert warehouse.knows(first)
        assert warehouse.holds(first)
        assert not warehouse.holds(_load(warehouse, "second", files=("two",)))
        assert not warehouse.knows(other)

    def test_what_was_loaded_is_known_in_another_session(
        self, module: Any, connection: Connection, context: Context, first: Load
    ) -> None:
        again = module.open_warehouse(connection, context)

        rows = again.committed(first)
        again.close()

        assert rows == 2

    def test_rows_are_there_just_when_their_record_is(
        self, warehouse: Warehouse, first: Load, relation: Rows, held: Held
    ) -> None:
        second = _load(warehouse, "second", started_at=object())

        with suppress(Exception):
            warehouse.load(second, relation(SECOND), _told)

        recorded = warehouse.committed(second) is not None
        assert len(_orders(held)) == (4 if recorded else 2)

    @pytest.mark.parametrize("mode", MODES)
    def test_a_load_that_fails_leaves_the_table_as_it_was(
        self, warehouse: Warehouse, first: Load, relation: Rows, held: Held, mode: Any
    ) -> None:
        second = _load(warehouse, "second", mode=mode)
        rows = _unread(relation(FIRST), BROKEN)

        with pytest.raises(Exception):  # noqa: B017, PT011 - whatever reading them raises
            warehouse.load(second, rows, _told)

        assert _orders(held) == [(1, "a"), (2, "b")]
        assert warehouse.committed(second) is None

    def test_a_failure_is_on_record(self, warehouse: Warehouse, held: Held) -> None:
        load = _load(warehouse, "first")

        warehouse.fail(load, "there is no room")

        (entry,) = held(LOG)
        assert (entry["status"], entry["rows_loaded"]) == ("failure", 0)
        assert "there is no room" in entry["error_message"]
        assert warehouse.committed(load) is None
        assert not warehouse.knows(load)

    def test_what_fails_behind_a_load_does_not_undo_its_record(
        self, warehouse: Warehouse, first: Load, held: Held
    ) -> None:
        warehouse.fail(first, "the lake is gone")

        assert [entry["status"] for entry in held(LOG)] == ["success"]

    def test_files_that_were_loaded_are_not_loaded_again(
        self, warehouse: Warehouse, first: Load, relation: Rows, held: Held
    ) -> None:
        from seeknal.values.errors import SeeknalError

        again = _load(warehouse, "second", files=("one",), landed=True)
        forced = _load(warehouse, "third", files=("one",), landed=True, force=True)

        with pytest.raises(SeeknalError, match="one"):
            warehouse.load(again, relation(FIRST), _told)
        before = _orders(held)
        warehouse.load(forced, relation(FIRST), _told)

        assert before == [(1, "a"), (2, "b")]
        assert _orders(held) == [(1, "a"), (1, "a"), (2, "b"), (2, "b")]

    @pytest.mark.parametrize("before", ["/old/lake/one", "/mine/one", "/copy/one#0123456789abcdef"])
    def test_a_file_is_known_by_its_names_of_before_and_its_content(
        self, warehouse: Warehouse, first: Load, relation: Rows, before: str
    ) -> None:
        from seeknal.values.errors import SeeknalError

        file = "/mine/one#0123456789abcdef"
        there = relation(FIRST.replace("'one'", f"'{before}'"))
        warehouse.load(_load(warehouse, "second", files=(before,)), there, _told)
        known_as = {file: ("/old/lake/one",)}
        again = _load(warehouse, "third", files=(file,), known_as=known_as, landed=True)

        with pytest.raises(SeeknalError, match="one"):
            warehouse.load(again, relation(FIRST), _told)

    def test_a_key_that_stands_twice_is_refused(
        self, warehouse: Warehouse, first: Load, relation: Rows, held: Held
    ) -> None:
        from seeknal.values.errors import SeeknalError

        second = _load(warehouse, "second", mode="upsert")

        with pytest.raises(SeeknalError):
            warehouse.load(second, relation(f"{SECOND} UNION ALL SELECT 3, 'd', 'two'"), _told)

        assert _orders(held) == [(1, "a"), (2, "b")]

    def test_a_new_column_is_null_in_earlier_rows(
        self, warehouse: Warehouse, first: Load, relation: Rows, held: Held
    ) -> None:
        rows = relation(f"SELECT *, 'x' AS note FROM ({SECOND})")

        warehouse.load(_load(warehouse, "second"), rows, _told)

        assert sorted((row["id"], row["note"] or "") for row in held("orders")) == [
            *((1, ""), (2, ""), (2, "x"), (3, "x")),
        ]

    def test_a_new_column_is_left_out_where_the_table_is_frozen(
        self, warehouse: Warehouse, first: Load, relation: Rows, held: Held
    ) -> None:
        second = _load(warehouse, "second", schema_change="freeze")

        warehouse.load(second, relation(f"SELECT *, 'x' AS note FROM ({SECOND})"), _told)

        assert len(_orders(held)) == 4
        assert "note" not in held("orders")[0]

    def test_a_new_column_is_refused_by_name_where_none_may_be(
        self, warehouse: Warehouse, first: Load, relation: Rows, held: Held
    ) -> None:
        from seeknal.values.errors import SeeknalError

        second = _load(warehouse, "second", schema_change="fail")

        with pytest.raises(SeeknalError, match="note"):
            warehouse.load(second, relation(f"SELECT *, 'x' AS note FROM ({SECOND})"), _told)

        assert _orders(held) == [(1, "a"), (2, "b")]

    def test_a_column_that_is_gone_is_null(
        self, warehouse: Warehouse, first: Load, relation: Rows, held: Held
    ) -> None:
        rows = relation("SELECT 3 AS id, 'two' AS _source_file")

        warehouse.load(_load(warehouse, "second"), rows, _told)

        assert [row["name"] for row in held("orders") if row["id"] == 3] == [None]

    def test_values_that_a_column_does_not_hold_are_refused(
        self, warehouse: Warehouse, first: Load, relation: Rows, held: Held
    ) -> None:
        from seeknal.values.errors import SeeknalError

        rows = relation("SELECT 'x' AS id, 'c' AS name, 'two' AS _source_file")

        with pytest.raises(SeeknalError, match="id"):
            warehouse.load(_load(warehouse, "second"), rows, _told)

        assert _orders(held) == [(1, "a"), (2, "b")]

    def test_rows_of_which_nobody_knows_the_columns_make_no_table(
        self, warehouse: Warehouse, held: Held
    ) -> None:
        load = _load(warehouse, "first")

        done = warehouse.load_none(load)

        assert done.rows == 0
        assert warehouse.committed(load) == 0
        assert held("orders") == []

    @pytest.mark.parametrize(("mode", "left"), [("append", 2), ("full", 0), ("upsert", 2)])
    def test_no_rows_at_all_replace_those_of_a_full_load_alone(
        self, warehouse: Warehouse, first: Load, held: Held, mode: Any, left: int
    ) -> None:
        warehouse.load_none(_load(warehouse, "second", mode=mode))

        assert len(held("orders")) == left

    def test_rows_are_read_as_the_columns_of_a_table_that_is_there(
        self, warehouse: Warehouse, first: Load
    ) -> None:
        there = warehouse.expected(first.table)
        elsewhere = warehouse.expected(warehouse.place("nowhere"))

        assert there["name"] == "VARCHAR"
        assert elsewhere == {}

    def test_the_log_is_no_place_for_rows(self, warehouse: Warehouse) -> None:
        from seeknal.values.errors import SeeknalError

        with pytest.raises(SeeknalError, match=LOG):
            warehouse.place(LOG)

    def test_a_place_is_called_the_same_however_often_it_is_asked(
        self, warehouse: Warehouse
    ) -> None:
        place = warehouse.place("orders")

        assert warehouse.place(place) == place

    def test_a_connection_of_another_type_is_declined(
        self, module: Any, connection: Connection, context: Context
    ) -> None:
        import attrs

        foreign = attrs.evolve(connection, type="of_another_plugin", options=object())

        assert module.open_warehouse(foreign, context) is None


def _load(warehouse: Warehouse, run_id: str, **given: Any) -> Load:
    from seeknal.values.loads import Load

    keys = ("id",) if given.get("mode") == "upsert" else ()
    plain = {"pipeline": "contract", "name": "orders", "protocol": "csv", "keys": keys}
    place, now = warehouse.place("orders"), datetime.now(UTC)
    whole: dict[str, Any] = {**plain, "run_id": run_id, "table": place, "started_at": now, **given}
    return Load(**whole)


def _told(rows: int) -> None:
    """Nobody looks at how far a load is."""


def _unread(known: Relation, query: str) -> Relation:
    """Rows with the columns of ``known`` whose query fails while it is read."""
    import attrs

    return attrs.evolve(known, scan=f"({query})", rows=10_000)


def _orders(held: Held) -> list[tuple[Any, ...]]:
    return sorted((row["id"], row["name"]) for row in held("orders"))
