from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from seeknal.values.audits import AuditResult
from seeknal.values.columns import Column
from seeknal.values.deliveries import Delivery, Owed
from seeknal.values.faults import Fault
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Artifact, Fingerprint, Merged, Part, Snapshot, View
from seeknal.values.tracking import Covered


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


@pytest.fixture
def make_snapshot():
    """A snapshot with something in every field; ``output`` tells versions of it apart."""

    def make(node: str = "transform.orders", output: str = "0" * 16) -> Snapshot:
        artifact = Artifact(
            path=f"cache/{node.replace('.', '/')}/f-{output}.parquet",
            size=2**40,
            sha256=output * 4,
            rows=3,
            columns=(Column("id", "BIGINT", False), Column('a "b" ü', "DECIMAL(18,3)")),
            stat=(2**40, 1_763_700_000_123_456_789, 2, 3, 4),
        )
        audit = AuditResult(
            audit_type="unique",
            columns=("id", "day"),
            passed=False,
            failing_rows=2,
            severity="warn",
            message="2 rows",
            duration_ms=0.1,
            sample="target/audits/x.parquet",
        )
        delivery = Delivery(
            key="file:out.csv",
            status="owed",
            output_id=output,
            delivery_id="r1/x",
            error=Fault(message="no room", code="SK1104"),
        )
        return Snapshot(
            node=NodeId(node),
            fingerprint=Fingerprint(content="c", config="k", upstream="u"),
            inputs={NodeId("source.orders"): "1" * 16},
            output_id=output,
            artifact=artifact,
            source_version={"files": [["a.csv", 12, 1_763_700_000_123_456_789, None, True]]},
            audits=(audit,),
            audits_key="key",
            failing=True,
            deliveries={delivery.key: delivery},
            backlog=(Owed(delivery=delivery, artifact=artifact),) if artifact else (),
            run_id="r1",
            finished_at="2026-11-21T05:00:00+00:00",
            first_run="20261120T050000-ab12",
            first_at="2026-11-20T05:00:00+00:00",
            layer="gold",
            seconds=0.1 + 0.2,
            dated="definition",
            delivers=True,
            forward_only=True,
            merged=Merged(into="a1", times=2, earlier=(("b2", "c3"), ("d4", "a1"))),
            query="FROM orders",
            untraced="its function returns a list",
            view=View(
                sql='SELECT id FROM "source"."orders"',
                columns=(Column("id", "BIGINT"),),
                location=Location("seeknal/v.yml", 3, 1),
            ),
            covered=Covered(column="day", unit="day", timezone="UTC", first=0, done=((0, 86_400),)),
            unfinished=(Part(start=0, end=86_400, inputs={NodeId("source.orders"): "1" * 16}),),
        )

    return make


@pytest.fixture
def write_parquet():
    """Writes ``rows`` integers as Parquet, as a run does."""

    def write(path: Path, rows: int = 3) -> Path:
        duckdb.sql(f"COPY (SELECT range AS id FROM range({rows})) TO '{path}' (FORMAT parquet)")
        return path

    return write
