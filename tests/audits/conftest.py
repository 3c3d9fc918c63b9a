import duckdb
import pytest
from attrs import define
from tests.contexts import step_context

from seeknal.kernel.context import StepContext
from seeknal.kernel.options import convert
from seeknal.plugin import Audit, Column, Relation
from seeknal.values.location import Location
from seeknal.values.marks import Marks
from seeknal.values.names import NodeId
from seeknal.values.problems import Problems
from seeknal_audits import plugin
from seeknal_audits.registry import ENTRIES

NODE = NodeId("transform.checked")
PLACE = Location("seeknal/checked.yml", 7, 5)


@define
class Bench:
    """Stored rows and the plugin that audits them."""

    connection: duckdb.DuckDBPyConnection
    context: StepContext
    history: list[int]
    relation: Relation | None = None

    def store(self, query, *, as_view=False):
        """Keep a query's rows as the node's, in a Parquet file as a run does."""
        path = self.context.project_root / "checked.parquet"
        self.connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        self.connection.execute(f"CREATE OR REPLACE VIEW checked AS FROM read_parquet('{path}')")
        described = self.connection.execute("DESCRIBE checked").fetchall()
        ((rows,),) = self.connection.execute("SELECT count(*) FROM checked").fetchall()
        self.relation = Relation(
            node=NODE,
            scan="checked",
            columns=tuple(Column(name, type) for name, type, *_ in described),
            rows=-1 if as_view else rows,
            path=None if as_view else path,
        )
        return self

    def audit(self, type, *, severity="error", warn_if=None, error_if=None, message=None, **given):
        """The result of one audit."""
        asked = audit_of(
            type, severity=severity, warn_if=warn_if, error_if=error_if, message=message, **given
        )
        (result,) = plugin.audit([asked], self.relation, self.context)
        return result

    def sample(self, result):
        """The failing rows that a result points to."""
        path = self.context.project_root / result.sample
        return self.connection.execute(f"FROM read_parquet('{path}')").fetchall()


def audit_of(type, *, severity="error", warn_if=None, error_if=None, message=None, **given):
    """An audit as core makes it of a mapping in a project file."""
    (declared,) = [
        entry.type for entry in ENTRIES if type in (entry.type.name, *entry.type.aliases)
    ]
    problems = Problems()
    options = convert(declared.options, given, Marks.at(PLACE), problems)
    assert not problems
    return Audit(
        type=declared.name,
        options=options,
        node=NODE,
        severity=severity,
        warn_if=warn_if,
        error_if=error_if,
        message=message,
        location=PLACE,
    )


@pytest.fixture
def bench(tmp_path):
    """A place where rows are stored and audited, on a DuckDB of its own."""
    history = []
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")

        def parent(node):
            return Relation(node=NodeId(node), scan="parent", columns=(), rows=-1)

        yield Bench(
            connection=connection,
            history=history,
            context=step_context(
                NODE,
                tmp_path,
                connection,
                scratch=tmp_path / "work",
                samples=tmp_path / "samples",
                relation_of=parent,
                row_counts=lambda limit: history[:limit],
            ),
        )
