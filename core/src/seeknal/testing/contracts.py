"""What plugins promise, as tests to subclass."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from seeknal.testing.shared import Contract, fetch, later
from seeknal.testing.times import is_within, ranges_between

if TYPE_CHECKING:
    from seeknal.kernel.contexts import Context
    from seeknal.kernel.plugin_types import Session
    from seeknal.values.audits import Audit
    from seeknal.values.sources import Connection, Source
    from seeknal.values.targets import Target


class PluginContract(Contract):
    """What every plugin keeps. Set ``plugin``, and ``drivers`` to the modules of its drivers."""

    drivers: ClassVar[Sequence[str]] = ()

    def test_every_hook_is_one_that_seeknal_calls(self, module: ModuleType) -> None:
        manager = _manager(module)

        manager.check_pending()

        assert manager.get_hookcallers(module), "the module has no function marked @hookimpl"

    def test_importing_it_imports_no_driver(self) -> None:
        script = f"import sys, {self.plugin}; print(*sys.modules)"

        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONSAFEPATH": "1"},
        )

        heavy = {"duckdb", "pyarrow", "pandas", "polars", "sqlglot", *self.drivers}
        assert not heavy & set(done.stdout.split())

    def test_what_it_declares_is_described(self, module: ModuleType) -> None:
        import attrs

        declared = _declared(module)

        for entry in declared:
            assert entry.summary, f"{entry.name} has no summary"
            assert attrs.has(entry.options), f"{entry.name}'s options are no attrs class"

    def test_names_do_not_repeat(self, module: ModuleType) -> None:
        names = [
            (type(entry).__name__, name)
            for entry in _declared(module)
            for name in (entry.name, *getattr(entry, "aliases", ()))
        ]

        assert len(names) == len(set(names))

    def test_passwords_are_secrets(self, module: ModuleType) -> None:
        from seeknal.kernel.declared import ConnectionType
        from seeknal.kernel.options import fields_of
        from seeknal.values.secret import Secret

        connections = [entry for entry in _declared(module) if isinstance(entry, ConnectionType)]

        for entry in connections:
            for option in fields_of(entry.options):
                if any(word in option.name for word in ("password", "secret", "token")):
                    assert "Secret" in str(option.type) or option.type is Secret, option.name


class SourceContract(Contract):
    """What every source type keeps. Override the fixtures that raise."""

    @pytest.fixture
    def source(self, tmp_path: Path) -> Source:
        """A source with at least one row."""
        raise NotImplementedError

    @pytest.fixture
    def expected(self) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
        """Its columns as (name, DuckDB type), and its rows in any order."""
        raise NotImplementedError

    @pytest.fixture
    def empty_source(self, tmp_path: Path) -> Source:
        """A source with the same columns and no row."""
        raise NotImplementedError

    @pytest.fixture
    def missing_source(self, tmp_path: Path) -> Source:
        """A source whose table or file does not exist."""
        raise NotImplementedError

    @pytest.fixture
    def missing_name(self, missing_source: Source) -> str:
        """What a message about ``missing_source`` has to name."""
        return Path(missing_source.table[0]).name

    @pytest.fixture
    def timed(self) -> tuple[Source, str]:
        """A source whose rows lie in time, and the column that says when: a date, or a moment.

        Override it where the plugin reads only the rows of ``source.within``.
        """
        pytest.skip("the plugin gives all rows, whichever range of time is asked for")

    def test_a_range_of_time_lacks_no_row(
        self, module: Any, timed: tuple[Source, str], context: Context
    ) -> None:
        import attrs

        source, column = timed
        columns, rows = fetch(module.load_source(source, context), context)
        place = [name for name, _ in columns].index(column)

        for within in ranges_between(column, [row[place] for row in rows]):
            asked = attrs.evolve(source, within=within)
            found = fetch(module.load_source(asked, context), context)

            assert found[0] == columns
            wanted = [row for row in rows if row[place] is None or is_within(row[place], within)]
            assert not [row for row in wanted if row not in found[1]]

    def test_rows_and_types_arrive(
        self, module: Any, source: Source, context: Context, expected: Any
    ) -> None:
        columns, rows = fetch(module.load_source(source, context), context)

        assert columns == expected[0]
        assert sorted(rows, key=repr) == sorted(expected[1], key=repr)

    def test_an_empty_source_keeps_its_columns(
        self, module: Any, empty_source: Source, context: Context, expected: Any
    ) -> None:
        columns, rows = fetch(module.load_source(empty_source, context), context)

        assert [name for name, _ in columns] == [name for name, _ in expected[0]]
        assert rows == []

    def test_a_missing_source_is_named(
        self, module: Any, missing_source: Source, missing_name: str, context: Context
    ) -> None:
        from seeknal.values.errors import SeeknalError

        with pytest.raises(SeeknalError) as caught:
            fetch(module.load_source(missing_source, context), context)

        assert missing_name in caught.value.message

    def test_a_source_of_another_type_is_declined(
        self, module: Any, source: Source, context: Context
    ) -> None:
        import attrs

        foreign = attrs.evolve(source, type="of_another_plugin", options=object())

        assert module.load_source(foreign, context) is None

    def test_its_version_is_stable(self, module: Any, source: Source, context: Context) -> None:
        if not hasattr(module, "source_version"):
            pytest.skip("the plugin knows no versions")

        first = module.source_version(source, context)
        second = module.source_version(source, context)

        assert json.loads(json.dumps(first)) == json.loads(json.dumps(second))


class TargetContract(Contract):
    """What every target type keeps. Override the fixtures that raise."""

    @pytest.fixture
    def target(self, tmp_path: Path) -> Target:
        """A target of mode ``full``."""
        raise NotImplementedError

    @pytest.fixture
    def delivered(self, target: Target) -> Callable[[], list[tuple[Any, ...]]]:
        """Reads what the target holds now."""
        raise NotImplementedError

    @pytest.fixture
    def unwritable(self, tmp_path: Path) -> Target:
        """A target that cannot be written."""
        raise NotImplementedError

    def test_rows_are_delivered(
        self, module: Any, target: Target, relation: Any, context: Context, delivered: Any
    ) -> None:
        rows = relation("SELECT 1 AS id, 'a' AS name UNION ALL SELECT 2, 'b'")

        result = module.materialize(target, rows, context)

        assert result.rows == 2
        assert sorted(delivered()) == [(1, "a"), (2, "b")]

    def test_a_second_delivery_replaces_the_first(
        self, module: Any, target: Target, relation: Any, context: Context, delivered: Any
    ) -> None:
        module.materialize(target, relation("SELECT 1 AS id, 'a' AS name"), context)

        module.materialize(target, relation("SELECT 2 AS id, 'b' AS name"), later(context))

        assert delivered() == [(2, "b")]

    def test_the_same_delivery_twice_changes_nothing(
        self, module: Any, target: Target, relation: Any, context: Context, delivered: Any
    ) -> None:
        rows = relation("SELECT 1 AS id, 'a' AS name")

        module.materialize(target, rows, context)
        module.materialize(target, rows, context)

        assert delivered() == [(1, "a")]

    def test_rows_that_may_only_begin_it_leave_what_stands(
        self, module: Any, target: Target, relation: Any, context: Context, delivered: Any
    ) -> None:
        from attrs import evolve

        from seeknal.values.errors import TargetStands

        module.materialize(target, relation("SELECT 1 AS id, 'a' AS name"), context)
        beginning: Any = later(context)

        with pytest.raises(TargetStands):
            module.materialize(
                target, relation("SELECT 2 AS id, 'b' AS name"), evolve(beginning, anew=True)
            )

        assert delivered() == [(1, "a")]

    def test_no_rows_are_delivered_as_none(
        self, module: Any, target: Target, relation: Any, context: Context, delivered: Any
    ) -> None:
        module.materialize(target, relation("SELECT 1 AS id, 'a' AS name"), context)

        result = module.materialize(
            target, relation("SELECT 1 AS id, 'a' AS name WHERE false"), later(context)
        )

        assert result.rows == 0
        assert delivered() == []

    def test_a_failure_is_a_delivery_error(
        self, module: Any, unwritable: Target, relation: Any, context: Context
    ) -> None:
        from seeknal.values.errors import RunError

        with pytest.raises(RunError):
            module.materialize(unwritable, relation("SELECT 1 AS id, 'a' AS name"), context)

    @pytest.fixture
    def hooked(self, target: Target) -> Callable[[str], Target]:
        """The target with a statement as the last of its hooks: that after the rows."""
        import attrs

        from seeknal.kernel.roles import with_role

        hooks = with_role(type(target.options), "hook")
        if not hooks:
            pytest.skip("the type runs no SQL")

        def make(statement: str) -> Target:
            options: Any = target.options
            given = {hooks[-1].name: (statement,)}
            return attrs.evolve(target, options=attrs.evolve(options, **given))

        return make

    def test_a_hook_runs_once_a_delivery(
        self, module: Any, hooked: Any, relation: Any, context: Context, delivered: Any
    ) -> None:
        # It fails the second time.
        once = hooked("CREATE TABLE hooked_once (id integer)")
        rows = relation("SELECT 1 AS id, 'a' AS name")

        module.materialize(once, rows, context)
        module.materialize(once, rows, context)

        assert delivered() == [(1, "a")]

    @pytest.mark.parametrize("statement", ["DELETE FROM nowhere_at_all", "COMMIT", "ROLLBACK"])
    def test_a_hook_that_fails_or_would_end_the_delivery_takes_it_back(
        self,
        module: Any,
        target: Target,
        hooked: Any,
        relation: Any,
        context: Context,
        delivered: Any,
        statement: str,
    ) -> None:
        from seeknal.values.errors import DeliveryError

        module.materialize(target, relation("SELECT 1 AS id, 'a' AS name"), context)

        with pytest.raises(DeliveryError):
            module.materialize(
                hooked(statement), relation("SELECT 2 AS id, 'b' AS name"), later(context)
            )

        assert delivered() == [(1, "a")]

    def test_a_target_of_another_type_is_declined(
        self, module: Any, target: Target, relation: Any, context: Context
    ) -> None:
        import attrs

        foreign = attrs.evolve(target, type="of_another_plugin", options=object())

        assert module.materialize(foreign, relation("SELECT 1 AS id"), context) is None


class ConnectionContract(Contract):
    """What every connection type keeps. Override the fixtures that raise."""

    secret: ClassVar[str] = "c4n4ry-S3cret"
    """What ``unreachable`` has as its password."""

    @pytest.fixture
    def connection(self) -> Connection:
        """A connection that can be opened, with at least one table."""
        raise NotImplementedError

    @pytest.fixture
    def unreachable(self) -> Connection:
        """A connection that nothing answers to, or that is refused; ``secret`` is its password."""
        raise NotImplementedError

    @pytest.fixture
    def table(self) -> tuple[str, Sequence[str]]:
        """The name of a table of ``connection`` and its columns."""
        raise NotImplementedError

    @pytest.fixture
    def writing(self) -> Sequence[str]:
        """Statements that would change something."""
        raise NotImplementedError

    @pytest.fixture
    def endless(self) -> str:
        """A statement that takes longer than anybody waits. Override it where it can be ended."""
        pytest.skip("statements on the connection cannot be interrupted")

    @pytest.fixture
    def losing(self) -> Callable[[], None]:
        """Ends all connections at the server. Override it where sessions keep one open."""
        pytest.skip("sessions keep no connection open, or nobody says how to end it")

    @pytest.fixture
    def session(self, module: Any, connection: Connection, tmp_path: Path) -> Iterator[Session]:
        """An open session on ``connection``."""
        found: Session = module.open_session(connection, tmp_path)
        yield found
        found.close()

    def test_it_says_in_one_line_what_is_there(self, session: Session) -> None:
        assert session.describe().strip()
        assert "\n" not in session.describe()

    def test_a_query_is_answered(self, session: Session) -> None:
        names, rows = session.execute("SELECT 1 AS one, 'a' AS letter")

        assert list(names) == ["one", "letter"]
        assert [tuple(row) for row in rows] == [(1, "a")]

    def test_tables_and_their_columns_are_listed(self, session: Session, table: Any) -> None:
        name, columns = table

        assert name in session.tables()
        assert [column for column, _ in session.schema(name)] == list(columns)

    def test_a_table_that_is_missing_is_named(self, session: Session) -> None:
        from seeknal.values.errors import SeeknalError

        with pytest.raises(SeeknalError, match="no_such_table"):
            session.schema("no_such_table")

    def test_nothing_is_changed_through_it(
        self, session: Session, table: Any, writing: Sequence[str]
    ) -> None:
        before = session.execute(f"SELECT count(*) FROM {table[0]}")

        for statement in writing:
            with pytest.raises(Exception):  # noqa: B017, PT011 - any driver's refusal
                session.execute(statement)

        assert session.execute(f"SELECT count(*) FROM {table[0]}") == before

    def test_a_wrong_query_leaves_it_usable(self, session: Session) -> None:
        with pytest.raises(Exception):  # noqa: B017, PT011 - any driver's refusal
            session.execute("SELECT FROM WHERE")

        assert session.execute("SELECT 1 AS one")[1]

    def test_what_it_lists_beside_tables_are_names(self, session: Session) -> None:
        listed = [getattr(session, what, None) for what in ("databases", "catalogs")]

        found = [list_() for list_ in listed if list_ is not None]

        assert all(names and len(set(names)) == len(names) for names in found)
        assert all(isinstance(name, str) for names in found for name in names)

    def test_a_statement_is_interrupted(self, session: Any, endless: str) -> None:
        ended: list[Exception] = []

        def ask() -> None:
            try:
                session.execute(endless)
            except Exception as error:
                ended.append(error)

        asking = Thread(target=ask, daemon=True)
        asking.start()
        for _ in range(60):
            # It may not have begun yet.
            session.interrupt()
            asking.join(0.5)
            if not asking.is_alive():
                break

        assert ended, "the statement went on, or had an end"

    def test_a_lost_connection_is_told_as_that(
        self, session: Session, connection: Connection, losing: Callable[[], None]
    ) -> None:
        from seeknal.values.errors import ConnectionFailed

        losing()

        for ask in (lambda: session.execute("SELECT 1 AS one"), session.tables, session.describe):
            with pytest.raises(ConnectionFailed, match=connection.name):
                ask()

    def test_a_refusal_names_the_connection_and_no_secret(
        self, module: Any, unreachable: Connection, tmp_path: Path
    ) -> None:
        from seeknal.values.errors import ConnectionFailed

        with pytest.raises(ConnectionFailed) as caught:
            module.open_session(unreachable, tmp_path)

        told = f"{caught.value.message} {caught.value.help} {caught.value!r}"
        assert unreachable.name in told
        assert self.secret not in told

    def test_a_connection_of_another_type_is_declined(
        self, module: Any, connection: Connection, tmp_path: Path
    ) -> None:
        import attrs

        foreign = attrs.evolve(connection, type="of_another_plugin", options=object())

        assert module.open_session(foreign, tmp_path) is None


class AuditContract(Contract):
    """What every audit type keeps. Override the fixtures that raise."""

    @pytest.fixture
    def audit(self) -> Audit:
        """An audit of the plugin's."""
        raise NotImplementedError

    @pytest.fixture
    def good_rows(self) -> str:
        """A query whose rows pass."""
        raise NotImplementedError

    @pytest.fixture
    def bad_rows(self) -> tuple[str, int]:
        """A query whose rows fail, and how many of them do."""
        raise NotImplementedError

    def test_good_rows_pass(
        self, module: Any, audit: Audit, relation: Any, context: Context, good_rows: str
    ) -> None:
        (result,) = module.audit([audit], relation(good_rows), context)

        assert result.passed
        assert result.failing_rows == 0

    def test_bad_rows_are_counted(
        self, module: Any, audit: Audit, relation: Any, context: Context, bad_rows: Any
    ) -> None:
        query, count = bad_rows

        (result,) = module.audit([audit], relation(query), context)

        assert not result.passed
        assert result.failing_rows == count
        assert result.message

    def test_each_audit_gets_its_result(
        self, module: Any, audit: Audit, relation: Any, context: Context, good_rows: str
    ) -> None:
        results = module.audit([audit, audit, audit], relation(good_rows), context)

        assert [result.audit_type for result in results] == [audit.type] * 3

    def test_no_rows_are_no_crash(
        self, module: Any, audit: Audit, relation: Any, context: Context, good_rows: str
    ) -> None:
        empty = relation(f"SELECT * FROM ({good_rows}) WHERE false")

        (result,) = module.audit([audit], empty, context)

        assert result.audit_type == audit.type


def _manager(module: ModuleType) -> Any:
    import pluggy

    from seeknal.kernel import hookspecs

    manager = pluggy.PluginManager(hookspecs.NAME)
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    return manager


def _declared(module: ModuleType) -> list[Any]:
    hooks = _manager(module).hook
    plurals = ("node_kinds", "source_types", "target_types", "audit_types", "connection_types")
    return [entry for plural in plurals for group in getattr(hooks, plural)() for entry in group]
