"""What a store of the newest rows of feature groups promises, as tests to subclass."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from seeknal.testing.online_values import KEYS, RARE, VALUES
from seeknal.testing.shared import Contract

if TYPE_CHECKING:
    from seeknal.kernel.contexts import Context
    from seeknal.kernel.plugin_types import OnlineStore, OnlineTable
    from seeknal.values.relations import Relation
    from seeknal.values.sources import Connection

    Rows = Callable[..., Relation]

FIRST = "SELECT 1 AS id, 'a' AS name, 1.5 AS paid UNION ALL SELECT 2, 'b', NULL"
SECOND = "SELECT 2 AS id, 'B' AS name, 2.5 AS paid UNION ALL SELECT 3, 'c', 3.5"
BROKEN = (
    "SELECT i::INTEGER AS id, CASE WHEN i = 9000 THEN error('broken') ELSE 'x' END AS name,"
    " 0.0::DECIMAL(2,1) AS paid FROM range(10000) AS r(i)"
)


class OnlineStoreContract(Contract):
    """What every online store of feature groups keeps. Override the fixtures that raise."""

    @pytest.fixture
    def connection(self) -> Connection:
        """A connection to an empty place where rows can be kept."""
        raise NotImplementedError

    @pytest.fixture
    def opened(
        self, module: Any, connection: Connection, context: Context
    ) -> Iterator[Callable[[], OnlineStore]]:
        """Opens the store behind ``connection``, as another process would."""
        import attrs

        stores: list[OnlineStore] = []
        whole: Any = context
        duckdb = context.duckdb
        # Of several threads each works with a cursor of its own.
        threaded = attrs.evolve(whole, cursor=lambda: duckdb.cursor())

        def make() -> OnlineStore:
            found: OnlineStore = module.open_online_store(connection, threaded)
            stores.append(found)
            return found

        yield make
        for store in stores:
            store.close()

    @pytest.fixture
    def rows_of(self, context: Context) -> Rows:
        """Makes the stored output of a feature group of a query; ``name`` is the group's."""
        context.duckdb.execute("SET GLOBAL TimeZone = 'UTC'")

        def make(query: str, name: str = "customers") -> Relation:
            return _stored(context, query, name)

        return make

    @pytest.fixture
    def store(self, opened: Callable[[], OnlineStore]) -> OnlineStore:
        """The store behind ``connection``."""
        return opened()

    @pytest.fixture
    def customers(self, store: OnlineStore, rows_of: Rows) -> OnlineTable:
        """The customers 1 and 2, which are kept with the mark ``one``."""
        return _kept(store, rows_of(FIRST), mark="one")

    def test_nothing_is_kept_at_first(self, store: OnlineStore, rows_of: Rows) -> None:
        from seeknal.values.errors import DeliveryError

        table = _table(rows_of(FIRST))

        mark = store.mark(table)

        assert mark is None
        with pytest.raises(DeliveryError, match="customers"):
            store.lookup([(table, ["name"])], ["id"], [[1]])

    def test_rows_are_found_by_their_keys(
        self, opened: Callable[[], OnlineStore], rows_of: Rows
    ) -> None:
        rows = rows_of(FIRST)
        table = _table(rows)

        changed = opened().keep(table, rows, None, before=None, mark="one")

        store = opened()
        assert changed == 2
        assert store.mark(table) == "one"
        assert _names(store, table) == ["a", "b", None]

    def test_all_rows_take_the_place_of_those_before(
        self, store: OnlineStore, customers: OnlineTable, rows_of: Rows
    ) -> None:
        changed = store.keep(customers, rows_of(SECOND), None, before="one", mark="two")

        assert changed == 2
        assert store.mark(customers) == "two"
        assert _names(store, customers) == [None, "B", "c"]

    def test_rows_take_the_place_of_those_with_their_keys_and_others_go(
        self, store: OnlineStore, customers: OnlineTable, rows_of: Rows
    ) -> None:
        gone = rows_of("SELECT 1 AS id UNION ALL SELECT 9", "gone")

        changed = store.keep(customers, rows_of(SECOND), gone, before="one", mark="two")

        assert changed == 3
        assert store.mark(customers) == "two"
        assert _names(store, customers) == [None, "B", "c"]

    def test_rows_that_do_not_change_stay(
        self, store: OnlineStore, customers: OnlineTable, rows_of: Rows
    ) -> None:
        none = rows_of("SELECT 1 AS id WHERE false", "gone")

        changed = store.keep(customers, rows_of(FIRST), none, before="one", mark="two")

        assert changed == 0
        assert store.mark(customers) == "two"
        assert _names(store, customers) == ["a", "b", None]

    def test_nothing_of_a_table_without_rows_is_found(
        self, store: OnlineStore, customers: OnlineTable, rows_of: Rows
    ) -> None:
        rows = rows_of(f"FROM ({FIRST}) WHERE false")

        changed = store.keep(customers, rows, None, before="one", mark="two")

        assert changed == 0
        assert _names(store, customers) == [None, None, None]

    def test_columns_may_be_others_where_all_rows_are_kept(
        self, store: OnlineStore, customers: OnlineTable, rows_of: Rows
    ) -> None:
        rows = rows_of("SELECT 1 AS id, [7] AS name, 'much' AS paid, DATE '2024-01-01' AS since")
        table = _table(rows)
        _names(store, customers)

        store.keep(table, rows, None, before="one", mark="two")

        found = store.lookup([(table, ["since", "name", "paid"])], ["id"], [[1]])
        assert found == [(True, date(2024, 1, 1), [7], "much")]

    def test_columns_that_are_not_kept_are_refused(
        self, store: OnlineStore, customers: OnlineTable, rows_of: Rows
    ) -> None:
        from seeknal.values.errors import DeliveryError

        rows = rows_of("SELECT 1 AS id, 'a' AS name, 'much' AS paid, 1 AS age")
        none = rows_of("SELECT 1 AS id WHERE false", "gone")
        other = _table(rows)

        with pytest.raises(DeliveryError):
            store.keep(other, rows, none, before="one", mark="two")

        with pytest.raises(DeliveryError, match="age"):
            store.lookup([(other, ["age"])], ["id"], [[1]])
        with pytest.raises(DeliveryError, match="paid"):
            store.lookup([(other, ["paid"])], ["id"], [[1]])
        assert store.mark(customers) == "one"
        assert _names(store, customers) == ["a", "b", None]

    def test_columns_that_another_process_has_changed_are_not_taken_for_those_of_before(
        self, opened: Callable[[], OnlineStore], customers: OnlineTable, rows_of: Rows
    ) -> None:
        from seeknal.values.errors import DeliveryError

        store, other = opened(), opened()
        looked_up = _names(store, customers)
        rows = rows_of("SELECT 1 AS id, 7 AS name, 2.5 AS paid")
        changed = _table(rows)

        other.keep(changed, rows, None, before="one", mark="two")

        assert looked_up == ["a", "b", None]
        with pytest.raises(DeliveryError, match="name"):
            store.lookup([(customers, ["name"])], ["id"], [[1]])
        assert store.lookup([(changed, ["name"])], ["id"], [[1]]) == [(True, 7)]
        assert store.lookup([(customers, ["paid"])], ["id"], [[1]]) == [(True, Decimal("2.5"))]

    @pytest.mark.parametrize("anew", [True, False])
    @pytest.mark.parametrize("before", [None, "other"])
    def test_who_comes_too_late_changes_nothing(
        self,
        opened: Callable[[], OnlineStore],
        customers: OnlineTable,
        rows_of: Rows,
        before: str | None,
        anew: bool,
    ) -> None:
        from seeknal.values.errors import DeliveryError

        store = opened()
        gone = None if anew else rows_of("SELECT 1 AS id", "gone")

        with pytest.raises(DeliveryError, match="somebody else"):
            store.keep(customers, rows_of(SECOND), gone, before=before, mark="two")

        assert store.mark(customers) == "one"
        assert _names(store, customers) == ["a", "b", None]

    def test_a_mark_of_before_is_refused_where_nothing_is_kept(
        self, store: OnlineStore, rows_of: Rows
    ) -> None:
        from seeknal.values.errors import DeliveryError

        rows = rows_of(FIRST)

        with pytest.raises(DeliveryError):
            store.keep(_table(rows), rows, None, before="one", mark="two")

        assert store.mark(_table(rows)) is None

    @pytest.mark.parametrize("anew", [True, False])
    def test_rows_that_cannot_be_read_change_nothing(
        self, store: OnlineStore, customers: OnlineTable, rows_of: Rows, anew: bool
    ) -> None:
        import attrs

        gone = None if anew else rows_of("SELECT 1 AS id", "gone")
        rows = attrs.evolve(rows_of(FIRST), scan=f"({BROKEN})", rows=10_000)

        with pytest.raises(Exception):  # noqa: B017, PT011 - whatever reading them raises
            store.keep(customers, rows, gone, before="one", mark="two")

        assert store.mark(customers) == "one"
        assert _names(store, customers) == ["a", "b", None]

    @pytest.mark.parametrize("anew", [True, False])
    @pytest.mark.parametrize("fault", ["NULL", "1"])
    def test_rows_without_a_key_of_their_own_are_refused(
        self, store: OnlineStore, customers: OnlineTable, rows_of: Rows, fault: str, anew: bool
    ) -> None:
        from seeknal.values.errors import RowsRefused

        gone = None if anew else rows_of("SELECT 2 AS id", "gone")
        rows = rows_of(f"{FIRST} UNION ALL SELECT {fault}, 'x', 0.5")

        with pytest.raises(RowsRefused, match="id"):
            store.keep(customers, rows, gone, before="one", mark="two")

        assert store.mark(customers) == "one"
        assert _names(store, customers) == ["a", "b", None]

    def test_keys_of_several_columns_are_not_taken_for_one_text(
        self, store: OnlineStore, rows_of: Rows
    ) -> None:
        rows = rows_of("SELECT '1' AS a, '23' AS b, 'first' AS v UNION ALL SELECT '12', '3', '2nd'")
        table = _kept(store, rows, keys=("a", "b"))
        asked: list[list[object]] = [["23", "1"], ["3", "12"], ["3", "1"], ["123", ""], [None, "1"]]

        found = store.lookup([(table, ["v"])], ["b", "a"], asked)

        nothing = (False, None)
        assert found == [(True, "first"), (True, "2nd"), nothing, nothing, nothing]

    def test_one_key_of_several_goes_alone(self, store: OnlineStore, rows_of: Rows) -> None:
        rows = rows_of("SELECT 1 AS a, 1 AS b, 'x' AS v UNION ALL SELECT 1, 2, 'y'")
        table = _kept(store, rows, keys=("a", "b"))
        gone = rows_of("SELECT 2 AS b, 1 AS a", "gone")
        none = rows_of("SELECT 1 AS a, 1 AS b, 'x' AS v WHERE false")

        changed = store.keep(table, none, gone, before="mark", mark="two")

        assert changed == 1
        assert store.lookup([(table, ["v"])], ["a", "b"], [[1, 1], [1, 2]]) == [
            *((True, "x"), (False, None)),
        ]

    def test_answers_come_in_the_order_of_what_is_asked(
        self, store: OnlineStore, rows_of: Rows
    ) -> None:
        table = _kept(store, rows_of("SELECT i::BIGINT AS id, i * 2 AS v FROM range(500) AS r(i)"))
        keys = [(i * 7) % 600 for i in range(3000)]

        found = store.lookup([(table, ["v", "id", "v"])], ["id"], [[key] for key in keys])

        assert found == [
            (True, key * 2, key, key * 2) if key < 500 else (False, None, None, None)
            for key in keys
        ]

    def test_nothing_is_asked_where_there_are_no_keys(
        self, store: OnlineStore, customers: OnlineTable
    ) -> None:
        found = store.lookup([(customers, ["name"])], ["id"], [])

        assert found == []

    def test_several_tables_answer_in_one_row(
        self, store: OnlineStore, customers: OnlineTable, rows_of: Rows
    ) -> None:
        of_products = _kept(
            store, rows_of("SELECT 'p' AS sku, 9 AS stock", "products"), keys=("sku",)
        )
        both = rows_of("SELECT 'p' AS sku, 2::BIGINT AS id, 5 AS bought", "bought")
        of_both = _kept(store, both, keys=("id", "sku"))

        found = store.lookup(
            [(customers, ["name", "paid"]), (of_both, ["bought"]), (of_products, ["stock"])],
            ["sku", "id"],
            [["p", 1], ["p", 2], ["q", 1], [None, None]],
        )

        assert found == [
            (True, "a", Decimal("1.5"), False, None, True, 9),
            (True, "b", None, True, 5, True, 9),
            (True, "a", Decimal("1.5"), False, None, False, None),
            (False, None, None, False, None, False, None),
        ]

    def test_features_that_are_null_are_those_of_a_row(
        self, store: OnlineStore, customers: OnlineTable
    ) -> None:
        found = store.lookup([(customers, ["paid"])], ["id"], [[2], [3]])

        assert found == [(True, None), (False, None)]

    def test_names_may_be_any(self, store: OnlineStore, rows_of: Rows) -> None:
        names = ["a b", 'say "x"', "100%", "%s", "Grün", "select", "$1", "{}", "found"]
        columns = ", ".join(
            f'{i} AS "{name.replace(chr(34), chr(34) * 2)}"' for i, name in enumerate(names)
        )
        rows = rows_of(f'SELECT 1 AS "the %s key", {columns}', "Odd % 'name'")
        table = _kept(store, rows, keys=("the %s key",))

        found = store.lookup([(table, names)], ["the %s key"], [[1]])

        assert found == [(True, *range(len(names)))]

    @pytest.mark.parametrize("type", VALUES)
    def test_values_come_back_as_they_are(
        self, store: OnlineStore, rows_of: Rows, context: Context, type: str
    ) -> None:
        given = enumerate((*VALUES[type], "NULL"))
        values = ", ".join(f"({i}, CAST({value} AS {type}))" for i, value in given)
        rows = rows_of(f"FROM (VALUES {values}) AS r(id, v)")
        expected = context.duckdb.execute(f"SELECT v FROM {rows.scan} ORDER BY id").fetchall()
        table = _kept(store, rows)

        found = store.lookup([(table, ["v"])], ["id"], [[i] for i in range(len(expected))])

        assert [_plain(row) for row in found] == [_plain((True, *row)) for row in expected]

    @pytest.mark.parametrize("type", RARE)
    def test_values_are_refused_or_come_back_as_they_are(
        self, store: OnlineStore, rows_of: Rows, context: Context, type: str
    ) -> None:
        from seeknal.values.errors import RowsRefused

        rows = rows_of(f"SELECT 1 AS id, CAST({RARE[type]} AS {type}) AS v")
        expected = context.duckdb.execute(f"SELECT v FROM {rows.scan}").fetchall()
        table = _table(rows)

        try:
            store.keep(table, rows, None, before=None, mark="mark")
        except RowsRefused as error:
            said, found = str(error), [(True, *row) for row in expected]
        else:
            said, found = "", store.lookup([(table, ["v"])], ["id"], [[1]])

        assert [_plain(row) for row in found] == [_plain((True, *row)) for row in expected]
        assert not said or re.search(r"\bv\b", said)

    @pytest.mark.parametrize("type", KEYS)
    def test_keys_of_each_type_are_found(
        self, store: OnlineStore, rows_of: Rows, type: str
    ) -> None:
        written, there, other = KEYS[type]
        table = _kept(store, rows_of(f"SELECT CAST({written} AS {type}) AS id, 'x' AS v"))

        found = store.lookup([(table, ["v"])], ["id"], [[there], [other], [None]])

        assert found == [(True, "x"), (False, None), (False, None)]

    def test_a_value_of_another_type_than_the_key_is_refused(
        self, store: OnlineStore, customers: OnlineTable
    ) -> None:
        from seeknal.values.errors import DeliveryError

        with pytest.raises(DeliveryError, match="id"):
            store.lookup([(customers, ["name"])], ["id"], [["1"]])

    def test_a_table_is_not_looked_up_without_its_key(
        self, store: OnlineStore, customers: OnlineTable
    ) -> None:
        from seeknal.values.errors import DeliveryError

        with pytest.raises(DeliveryError, match="id"):
            store.lookup([(customers, ["name"])], ["sku"], [["1"]])

    def test_environments_are_kept_apart(
        self, store: OnlineStore, customers: OnlineTable, rows_of: Rows
    ) -> None:
        import attrs

        of_dev = attrs.evolve(customers, environment="dev")
        before = store.mark(of_dev)

        store.keep(of_dev, rows_of(SECOND), None, before=None, mark="of dev")

        assert before is None
        assert (store.mark(customers), store.mark(of_dev)) == ("one", "of dev")
        assert _names(store, customers) == ["a", "b", None]
        assert _names(store, of_dev) == [None, "B", "c"]

    def test_what_another_project_keeps_is_refused(
        self, opened: Callable[[], OnlineStore], customers: OnlineTable, rows_of: Rows
    ) -> None:
        import attrs

        from seeknal.values.errors import DeliveryError

        store = opened()
        of_other = attrs.evolve(customers, project="other")

        with pytest.raises(DeliveryError, match="other"):
            store.mark(of_other)
        for before in (None, "one"):
            with pytest.raises(DeliveryError, match="other"):
                store.keep(of_other, rows_of(SECOND), None, before=before, mark="two")
        with pytest.raises(DeliveryError, match="other"):
            store.lookup([(of_other, ["name"])], ["id"], [[1]])

        assert store.mark(customers) == "one"
        assert _names(store, customers) == ["a", "b", None]

    def test_many_may_look_up_at_once(self, store: OnlineStore, rows_of: Rows) -> None:
        rows = rows_of("SELECT i::BIGINT AS id, i * 2 AS v, [i] AS l FROM range(1000) AS r(i)")
        table = _kept(store, rows)

        def ask(key: int) -> list[tuple[object, ...]]:
            return store.lookup([(table, ["v", "l"])], ["id"], [[key]])

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(ask, range(1000)))

        assert found == [[(True, key * 2, [key])] for key in range(1000)]

    @pytest.mark.parametrize("anew", [True, False])
    def test_a_look_up_sees_old_rows_or_new_ones(
        self, opened: Callable[[], OnlineStore], rows_of: Rows, anew: bool
    ) -> None:
        count, store, writer = 300, opened(), opened()
        versions = [
            rows_of(f"SELECT i::BIGINT AS id, {v} AS v FROM range({count}) r(i)", f"v{v}")
            for v in range(8)
        ]
        none = None if anew else rows_of("SELECT 1::BIGINT AS id WHERE false", "gone")
        table = _kept(store, versions[0])
        ended, seen, keys = threading.Event(), [], [[key] for key in range(count)]

        def watch() -> None:
            while not ended.is_set():
                seen.append(set(store.lookup([(table, ["v"])], ["id"], keys)))

        with ThreadPoolExecutor(2) as pool:
            watching = [pool.submit(watch) for _ in range(2)]
            try:
                for v, rows in enumerate(versions[1:], 1):
                    before = "mark" if v == 1 else f"{v - 1}"
                    writer.keep(table, rows, none, before=before, mark=f"{v}")
            finally:
                ended.set()
            for one in watching:
                one.result()

        assert [found for found in seen if len(found) > 1 or not next(iter(found))[0]] == []
        assert store.lookup([(table, ["v"])], ["id"], [[1]]) == [(True, 7)]

    @pytest.mark.parametrize("before", [None, "one"])
    def test_of_many_who_keep_at_once_one_succeeds(
        self, opened: Callable[[], OnlineStore], rows_of: Rows, before: str | None
    ) -> None:
        from seeknal.values.errors import DeliveryError

        stores = [opened() for _ in range(4)]
        first, done = rows_of(FIRST), []
        table = _table(first) if before is None else _kept(stores[0], first, mark=before)
        all_rows = [rows_of(SECOND, f"of_{i}") for i in range(4)]

        def keep(i: int) -> None:
            try:
                stores[i].keep(table, all_rows[i], None, before=before, mark=f"of {i}")
            except DeliveryError:
                return
            done.append(f"of {i}")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(keep, range(4)))

        assert len(done) == 1
        assert stores[0].mark(table) == done[0]
        assert _names(stores[0], table) == [None, "B", "c"]

    def test_a_store_that_was_closed_says_so(
        self, opened: Callable[[], OnlineStore], rows_of: Rows
    ) -> None:
        from seeknal.values.errors import SeeknalError

        store = opened()

        store.close()
        store.close()

        with pytest.raises(SeeknalError):
            store.mark(_table(rows_of(FIRST)))

    def test_a_connection_of_another_type_is_declined(
        self, module: Any, connection: Connection, context: Context
    ) -> None:
        import attrs

        foreign = attrs.evolve(connection, type="of_another_plugin", options=object())

        assert module.open_online_store(foreign, context) is None


def _stored(context: Context, query: str, name: str) -> Relation:
    from seeknal.sql.quote import quote_identifier
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.relations import Relation

    duckdb, scan = context.duckdb, quote_identifier(name)
    duckdb.execute(f"CREATE OR REPLACE TABLE {scan} AS {query}")
    described = duckdb.execute(f"DESCRIBE {scan}").fetchall()
    columns = tuple(Column(row[0], row[1]) for row in described)
    ((count,),) = duckdb.execute(f"SELECT count(*) FROM {scan}").fetchall()
    node = NodeId.of("feature_group", name)
    return Relation(node=node, scan=scan, columns=columns, rows=count)


def _table(rows: Relation, keys: Sequence[str] = ("id",)) -> OnlineTable:
    from seeknal.kernel.plugin_types import OnlineTable

    known = {column.name: column for column in rows.columns}
    return OnlineTable(
        node=rows.node,
        environment="prod",
        project="shop",
        keys=tuple(known[key] for key in keys),
        columns=rows.columns,
    )


def _kept(
    store: OnlineStore, rows: Relation, keys: Sequence[str] = ("id",), mark: str = "mark"
) -> OnlineTable:
    table = _table(rows, keys)
    store.keep(table, rows, None, before=None, mark=mark)
    return table


def _names(store: OnlineStore, table: OnlineTable) -> list[object]:
    """The names of the customers 1, 2 and 3."""
    found = store.lookup([(table, ["name"])], ["id"], [[1], [2], [3]])
    assert [there for there, _ in found] == [name is not None for _, name in found]
    return [name for _, name in found]


def _plain(value: object) -> object:
    """A value with its type, so that equal ones of other types differ, and with its zone's time."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None), value.utcoffset()
    if isinstance(value, float | Decimal):
        return repr(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [_plain(each) for each in value]
    return type(value), value
