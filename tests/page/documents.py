"""Lineage documents for the page: a realistic one, and as large ones as wanted."""

from __future__ import annotations

import random
from typing import Any

GENERATED = "2026-03-02T08:15:00+00:00"
RAN = "2026-03-02T06:00:12+00:00"

Node = dict[str, Any]


def node(identity: str, **known: Any) -> Node:
    """A node as the document has it; what is not said is as a new node's."""
    kind, name = identity.split(".", 1)
    return {
        "id": identity,
        "kind": kind,
        "name": name,
        "type": None,
        "layer": None,
        "domain": None,
        "tags": [],
        "owner": None,
        "description": None,
        "file": f"seeknal/{kind}s/{name}.yml",
        "line": 1,
        "sql": None,
        "language": "sql",
        "columns": [],
        "rows": None,
        "status": "success",
        "last_run": RAN,
        "seconds": 0.1,
        "audits": [],
        "targets": [],
        "preview": None,
        "lineage": None,
    } | known


def columns(**types: str) -> list[dict[str, str | None]]:
    return [{"name": name, "type": kind, "description": None} for name, kind in types.items()]


def lineage(
    relations: list[str],
    values: dict[str, list[tuple[str, str]]],
    *,
    influences: dict[str, list[tuple[str, str]]] | None = None,
    rows: list[tuple[str, str]] = [],  # noqa: B006  never changed
    unknown: str | None = None,
) -> dict[str, Any]:
    decided = influences or {}
    found = [
        {
            "name": name,
            "values": [list(pair) for pair in pairs],
            "influences": [list(pair) for pair in decided.get(name, [])],
        }
        for name, pairs in values.items()
    ]
    return {
        "unknown": unknown,
        "columns": found,
        "rows": [list(pair) for pair in rows],
        "relations": relations,
    }


def document(nodes: list[Node], edges: list[tuple[str, str]], **known: Any) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "project": "medallion",
        "environment": "prod",
        "generated_at": GENERATED,
        "focus": None,
        "nodes": nodes,
        "edges": [{"from": one, "to": other} for one, other in edges],
    } | known


def audit(kind: str, *names: str, failing: int = 0, severity: str = "error") -> dict[str, Any]:
    return {
        "type": kind,
        "columns": list(names),
        "passed": failing == 0,
        "failing_rows": failing,
        "severity": severity,
    }


def medallion(preview: bool = True) -> dict[str, Any]:
    """Orders and customers from files to features, reports and a table in PostgreSQL."""
    orders = node(
        "source.raw_orders",
        type="csv",
        layer="bronze",
        language="yaml",
        rows=12_408,
        owner="ingestion",
        description="Orders as the shop exports them each night.",
        columns=columns(
            order_id="BIGINT",
            customer_id="BIGINT",
            product_id="BIGINT",
            amount="DECIMAL(12,2)",
            currency="VARCHAR",
            status="VARCHAR",
            ordered_at="TIMESTAMP",
        ),
        audits=[audit("unique", "order_id"), audit("not_null", "customer_id")],
    )
    customers = node(
        "source.raw_customers",
        type="postgresql",
        layer="bronze",
        language="yaml",
        rows=3_120,
        columns=columns(customer_id="BIGINT", email="VARCHAR", country="VARCHAR", signed_up="DATE"),
        tags=["pii"],
    )
    products = node(
        "source.raw_products",
        type="parquet",
        layer="bronze",
        language="yaml",
        rows=486,
        columns=columns(product_id="BIGINT", category="VARCHAR", price="DECIMAL(10,2)"),
    )
    rates = node(
        "source.exchange_rates",
        type="http",
        layer="bronze",
        language="yaml",
        rows=9_855,
        columns=columns(currency="VARCHAR", day="DATE", rate="DOUBLE"),
    )
    clean = node(
        "transform.clean_orders",
        type="table",
        layer="silver",
        rows=11_962,
        owner="data platform",
        tags=["orders", "hourly"],
        description="Paid orders in euros, one row for each order.\nRefunds are kept out.",
        sql=(
            "WITH rated AS (\n"
            "  SELECT o.*, r.rate\n"
            "  FROM ref('source.raw_orders') o\n"
            "  LEFT JOIN ref('source.exchange_rates') r\n"
            "    ON r.currency = o.currency AND r.day = o.ordered_at::date\n"
            ")\n"
            "SELECT\n"
            "  order_id,\n"
            "  customer_id,\n"
            "  product_id,\n"
            "  round(amount * coalesce(rate, 1), 2) AS amount_eur, -- in euros\n"
            "  ordered_at\n"
            "FROM rated\n"
            "WHERE status = 'paid'"
        ),
        columns=columns(
            order_id="BIGINT",
            customer_id="BIGINT",
            product_id="BIGINT",
            amount_eur="DECIMAL(12,2)",
            ordered_at="TIMESTAMP",
        ),
        audits=[
            audit("not_null", "order_id", "amount_eur"),
            audit("unique", "order_id"),
            audit("range", "amount_eur", failing=3, severity="warn"),
        ],
        preview={
            "columns": ["order_id", "customer_id", "product_id", "amount_eur", "ordered_at"],
            "rows": [
                [10001, 812, 44, 129.9, "2026-03-01 09:12:44"],
                [10002, 77, 310, 18.5, "2026-03-01 09:15:02"],
                [10003, 2054, 44, None, "2026-03-01 09:20:31"],
            ],
        }
        if preview
        else None,
        lineage=lineage(
            ["source.raw_orders", "source.exchange_rates"],
            {
                "order_id": [("source.raw_orders", "order_id")],
                "customer_id": [("source.raw_orders", "customer_id")],
                "product_id": [("source.raw_orders", "product_id")],
                "amount_eur": [
                    ("source.raw_orders", "amount"),
                    ("source.exchange_rates", "rate"),
                ],
                "ordered_at": [("source.raw_orders", "ordered_at")],
            },
            rows=[
                ("source.raw_orders", "status"),
                ("source.raw_orders", "currency"),
                ("source.raw_orders", "ordered_at"),
                ("source.exchange_rates", "currency"),
                ("source.exchange_rates", "day"),
            ],
        ),
    )
    people = node(
        "transform.customers",
        type="table",
        layer="silver",
        rows=3_118,
        tags=["pii"],
        sql="SELECT customer_id, lower(email) AS email, country\n"
        "FROM ref('source.raw_customers')\n"
        "QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY signed_up DESC) = 1",
        columns=columns(customer_id="BIGINT", email="VARCHAR", country="VARCHAR"),
        lineage=lineage(
            ["source.raw_customers"],
            {
                "customer_id": [("source.raw_customers", "customer_id")],
                "email": [("source.raw_customers", "email")],
                "country": [("source.raw_customers", "country")],
            },
            rows=[
                ("source.raw_customers", "customer_id"),
                ("source.raw_customers", "signed_up"),
            ],
        ),
    )
    segments = node(
        "transform.customer_segments",
        type="python",
        layer="silver",
        language="python",
        file="seeknal/pipelines/segments.py",
        line=12,
        rows=3_118,
        owner="data science",
        description="Clusters customers by what they buy.",
        sql="@transform(name='customer_segments', inputs=['transform.customers'])\n"
        "def customer_segments(ctx):\n"
        "    frame = ctx.ref('transform.customers').df()\n"
        "    return cluster(frame)\n",
        columns=columns(customer_id="BIGINT", segment="VARCHAR"),
        seconds=4.2,
        lineage=lineage(
            ["transform.customers"],
            {},
            unknown="the node returns a frame that was not made by SQL",
        ),
    )
    enriched = node(
        "transform.order_facts",
        type="table",
        layer="gold",
        rows=11_962,
        sql="SELECT o.order_id, o.customer_id, c.country, p.category, o.amount_eur\n"
        "FROM ref('transform.clean_orders') o\n"
        "JOIN ref('transform.customers') c USING (customer_id)\n"
        "JOIN ref('source.raw_products') p USING (product_id)",
        columns=columns(
            order_id="BIGINT",
            customer_id="BIGINT",
            country="VARCHAR",
            category="VARCHAR",
            amount_eur="DECIMAL(12,2)",
        ),
        targets=[{"type": "postgresql", "table": "analytics.order_facts", "mode": "full"}],
        lineage=lineage(
            ["transform.clean_orders", "transform.customers", "source.raw_products"],
            {
                "order_id": [("transform.clean_orders", "order_id")],
                "customer_id": [("transform.clean_orders", "customer_id")],
                "country": [("transform.customers", "country")],
                "category": [("source.raw_products", "category")],
                "amount_eur": [("transform.clean_orders", "amount_eur")],
            },
            rows=[
                ("transform.clean_orders", "customer_id"),
                ("transform.clean_orders", "product_id"),
                ("transform.customers", "customer_id"),
                ("source.raw_products", "product_id"),
            ],
        ),
    )
    revenue = node(
        "transform.revenue_by_country",
        type="table",
        layer="gold",
        rows=27,
        sql="SELECT country, sum(amount_eur) AS revenue, count(*) AS orders\n"
        "FROM ref('transform.order_facts')\nGROUP BY country",
        columns=columns(country="VARCHAR", revenue="DECIMAL(38,2)", orders="BIGINT"),
        lineage=lineage(
            ["transform.order_facts"],
            {
                "country": [("transform.order_facts", "country")],
                "revenue": [("transform.order_facts", "amount_eur")],
                "orders": [],
            },
            rows=[("transform.order_facts", "country")],
        ),
    )
    features = node(
        "feature_group.customer_value",
        type=None,
        layer="gold",
        language="yaml",
        rows=3_002,
        columns=columns(customer_id="BIGINT", spent="DECIMAL(38,2)", segment="VARCHAR"),
        status="failed",
        audits=[audit("not_null", "segment", failing=41)],
        lineage=lineage(
            ["transform.order_facts", "transform.customer_segments"],
            {
                "customer_id": [("transform.order_facts", "customer_id")],
                "spent": [("transform.order_facts", "amount_eur")],
                "segment": [("transform.customer_segments", "segment")],
            },
            rows=[
                ("transform.order_facts", "customer_id"),
                ("transform.customer_segments", "customer_id"),
            ],
        ),
    )
    weekly = node(
        "aggregation.weekly_spend",
        layer="gold",
        language="yaml",
        rows=8_410,
        columns=columns(customer_id="BIGINT", spent_7d="DECIMAL(38,2)"),
        lineage=lineage(
            ["transform.order_facts"],
            {
                "customer_id": [("transform.order_facts", "customer_id")],
                "spent_7d": [("transform.order_facts", "amount_eur")],
            },
            rows=[("transform.order_facts", "customer_id")],
        ),
    )
    report = node(
        "exposure.revenue_report",
        type="excel",
        language="yaml",
        rows=27,
        columns=columns(country="VARCHAR", revenue="DECIMAL(38,2)", orders="BIGINT"),
        lineage=lineage(
            ["transform.revenue_by_country"],
            {
                name: [("transform.revenue_by_country", name)]
                for name in ("country", "revenue", "orders")
            },
        ),
    )
    churn = node(
        "exposure.churn_scores",
        type="csv",
        language="yaml",
        status="skipped",
        last_run=None,
        seconds=None,
        columns=columns(customer_id="BIGINT", spent="DECIMAL(38,2)"),
        lineage=lineage(
            ["feature_group.customer_value"],
            {
                "customer_id": [("feature_group.customer_value", "customer_id")],
                "spent": [("feature_group.customer_value", "spent")],
            },
        ),
    )
    metric = node(
        "metric.average_order",
        language="yaml",
        status="never run",
        last_run=None,
        seconds=None,
        columns=columns(average_order="DECIMAL(38,2)"),
        lineage=lineage(
            ["transform.revenue_by_country"],
            {
                "average_order": [
                    ("transform.revenue_by_country", "revenue"),
                    ("transform.revenue_by_country", "orders"),
                ]
            },
        ),
    )
    checked = node(
        "rule.no_negative_amounts",
        language="yaml",
        layer="silver",
        columns=[],
        lineage=lineage(["transform.clean_orders"], {}),
    )
    nodes = [
        orders, customers, products, rates, clean, people, segments, checked,
        enriched, revenue, features, weekly, report, churn, metric,
    ]  # fmt: skip
    edges = [
        (source, item["id"])
        for item in nodes
        if item["lineage"]
        for source in item["lineage"]["relations"]
    ]
    return document(nodes, edges)


def large(count: int, width: int = 20) -> dict[str, Any]:
    """``count`` nodes with ``width`` columns each, in layers; the same for the same count."""
    chance = random.Random(7)
    layers = max(4, round(count.bit_length() * 1.2))
    size = -(-count // layers)
    kinds = ["transform", "transform", "transform", "aggregation", "feature_group", "rule"]
    names = [f"column_{index}" for index in range(width)]
    nodes: list[Node] = []
    edges: list[tuple[str, str]] = []
    for index in range(count):
        depth, place = divmod(index, size)
        kind = "source" if depth == 0 else chance.choice(kinds)
        inputs = []
        if depth:
            near = [
                round(place + chance.gauss(0, 3)) % size for _ in range(chance.choice([1, 1, 2, 3]))
            ]
            back = 1 if chance.random() < 0.85 else min(2, depth)
            inputs = sorted({nodes[(depth - back) * size + at]["id"] for at in near})
        identity = f"{kind}.node_{index}"
        edges += [(one, identity) for one in inputs]
        layer = ("bronze", "silver", "gold")[min(2, depth * 3 // layers)]
        nodes.append(
            node(
                identity,
                layer=layer,
                rows=chance.randrange(10**6),
                columns=columns(**dict.fromkeys(names, "BIGINT")),
                sql="SELECT 1",
                lineage=lineage(inputs, {name: [(one, name) for one in inputs] for name in names})
                if inputs
                else None,
            )
        )
    return document(nodes, edges, project=f"project of {count}")


AREAS = ("orders", "customers", "products", "payments", "marketing", "logistics")
STEPS = (
    ("bronze", "source", "sources"),
    ("bronze", "transform", "transforms"),
    ("silver", "transform", "transforms"),
    ("silver", "rule", "rules"),
    ("gold", "transform", "transforms"),
    ("gold", "aggregation", "aggregations"),
    (None, "exposure", "exposures"),
)
"""Layer, kind and folder; each reads the last step that has rows."""


def foldered(count: int) -> dict[str, Any]:
    """``count`` nodes in folders of six areas below those of their kinds, as a company has them."""
    chance = random.Random(11)
    nodes: list[Node] = []
    edges: list[tuple[str, str]] = []
    before: list[str] = []
    each = -(-count // len(STEPS))
    for layer, kind, folder in STEPS:
        found = []
        for index in range(min(each, count - len(nodes))):
            area = AREAS[index % len(AREAS)]
            identity = f"{kind}.{area}_{layer or 'report'}_{index}"
            near = [one for one in before if area in one]
            inputs: list[str] = []
            if before:
                picked = chance.choices(near, k=2) + chance.choices(before, k=index % 7 == 0)
                inputs = sorted(set(picked))
            edges += [(one, identity) for one in inputs]
            found.append(identity)
            nodes.append(
                node(
                    identity,
                    type="csv" if kind == "source" else "table",
                    language="yaml" if kind in ("source", "exposure") else "sql",
                    layer=layer,
                    file=f"seeknal/{folder}/{area}/{identity.partition('.')[2]}.yml",
                    rows=chance.randrange(10**6),
                    status="failed" if len(nodes) % 97 == 60 else "success",
                    columns=columns(id="BIGINT", amount="DOUBLE"),
                    lineage=lineage(
                        inputs,
                        {name: [(one, name) for one in inputs] for name in ("id", "amount")},
                    ),
                )
            )
        before = before if kind == "rule" else found
    return document(nodes, edges, project=f"company of {count}")
