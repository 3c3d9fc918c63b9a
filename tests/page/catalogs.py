"""Documents with a catalog: those of the lineage with what ``seeknal docs`` says besides."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from tests.page.documents import GENERATED, Node, large, medallion

NOW = datetime.fromisoformat(GENERATED)
DOES = {
    "source": "loads",
    "rule": "checks",
    "profile": "computes",
    "exposure": "delivers",
    "metric": "describes",
    "semantic_model": "describes",
}
FAILURE = (
    "SK3002: not_null failed for 41 rows of feature_group.customer_value\n"
    "column segment is NULL in 41 of 3,002 rows"
)
SAID = {
    "order_id": "Number of the order in the shop.",
    "customer_id": "Who ordered; one person may have several.",
    "amount": "Gross amount in the currency of the order.",
    "amount_eur": "Net amount in euros, at the rate of the day of the order.",
    "email": "Address in lower case. Never leaves the warehouse.",
    "country": "Country of the invoice, ISO 3166.",
    "revenue": "Sum of all paid orders in euros.",
    "segment": "Which of five groups the customer belongs to.",
    "rate": "Euros for one unit of the currency.",
}


def catalog(document: dict[str, Any], *, runs: int = 30, seed: int = 3) -> dict[str, Any]:
    """``document`` with a catalog; nodes that have run did so ``runs`` times."""
    chance = random.Random(seed)
    nodes = [_node(node, runs, chance) for node in document["nodes"]]
    return document | {
        "nodes": nodes,
        "catalog": {
            "description": "Orders, customers and revenue of the shop, from nightly exports to the "
            "tables that the finance and churn teams read.",
            "runs": _project_runs(nodes, runs, chance),
        },
    }


def shop() -> dict[str, Any]:
    """The medallion with everything that a catalog can say."""
    document = catalog(medallion())
    nodes = {node["id"]: node for node in document["nodes"]}
    clean = nodes["transform.clean_orders"]
    clean["business_purpose"] = "Finance closes the month on it; churn and revenue begin here."
    clean["keys"], clean["time_column"] = ["order_id"], "ordered_at"
    clean["domain"] = nodes["transform.order_facts"]["domain"] = "sales"
    clean["meta"] = {"sla": "06:30 UTC", "contact": "#data-platform"}
    clean["audits"].append(_never_run("fresh", "ordered_at"))
    for name in ("source.raw_customers", "transform.customers"):
        nodes[name]["domain"] = "customers"
        _hide(next(one for one in nodes[name]["columns"] if one["name"] == "email"))
    nodes["transform.order_facts"]["targets"][0] |= {
        "status": "delivered",
        "delivered_at": "2026-03-02T06:00:14+00:00",
    }
    nodes["exposure.revenue_report"]["targets"] = [
        {"type": "excel", "table": "revenue.xlsx", "mode": "full", "status": "owed"}
        | {"delivered_at": None}
    ]
    nodes["exposure.churn_scores"]["description"] = "Scores that the call centre gets each morning."
    return document


def many(count: int, width: int = 20) -> dict[str, Any]:
    """A catalog of ``count`` nodes with ``width`` columns each."""
    chance = random.Random(11)
    document = catalog(large(count, width))
    domains = ["sales", "network", "finance", "customers", "logistics", None]
    owners = ["data platform", "data science", "ingestion", "finance analytics", None]
    tags = ["daily", "hourly", "pii", "core", "legacy", "experimental"]
    for index, node in enumerate(document["nodes"]):
        node["domain"], node["owner"] = chance.choice(domains), chance.choice(owners)
        node["tags"] = sorted(chance.sample(tags, chance.choice([0, 0, 1, 2])))
        if index % 3 == 0:
            node["description"] = f"Rows of step {index}, as the {node['owner']} people need them."
    return document


def _node(node: Node, runs: int, chance: random.Random) -> Node:
    does = DOES.get(node["kind"], "computes")
    ran = does != "describes" and node["status"] != "never run"
    return node | {
        "does": does,
        "business_purpose": None,
        "materialized": "table" if does == "computes" else None,
        "bytes": node["rows"] * 38 if node["rows"] is not None else None,
        "meta": {},
        "keys": [],
        "time_column": None,
        "run_id": "20260302T060000" if ran else None,
        "generation": 12 if ran else None,
        "columns": [_column(one, node, chance) for one in node["columns"]],
        "runs": _runs(node, runs, chance) if ran else [],
        "targets": [one | {"status": None, "delivered_at": None} for one in node["targets"]],
        "python": node["sql"] if node["language"] == "python" else None,
        "sql": None if node["language"] == "python" else node["sql"],
        "freshness": {
            "loaded_at": _back(chance.randrange(1, 200)) if does == "loads" else None,
        },
    }


def _column(column: dict[str, Any], node: Node, chance: random.Random) -> dict[str, Any]:
    rows = node["rows"]
    low, high = sorted(chance.randrange(1, 90_000) for _ in range(2))
    texts = {"VARCHAR": ("Austria", "Zimbabwe"), "DATE": ("2024-01-01", "2026-03-01")}
    texts["TIMESTAMP"] = ("2024-01-01 00:02:11", "2026-03-01 23:58:40")
    least, most = texts.get(column["type"], (str(low), str(high)))
    known = rows is not None
    return column | {
        "description": column["description"] or SAID.get(column["name"]),
        "nullable": None if not known else chance.random() < 0.5,
        "pii": False,
        "null_count": chance.choice([0, 0, 0, rows // 800, rows // 9]) if known else None,
        "approx_distinct": chance.randrange(1, rows + 1) if rows else None,
        "min": least if known else None,
        "max": most if known else None,
    }


def _hide(column: dict[str, Any]) -> None:
    column["pii"] = True
    del column["min"], column["max"]


def _never_run(kind: str, *columns: str) -> dict[str, Any]:
    return {
        "type": kind,
        "name": None,
        "columns": list(columns),
        "passed": None,
        "failing_rows": None,
        "severity": "error",
    }


def _runs(node: Node, count: int, chance: random.Random) -> list[dict[str, Any]]:
    usual = (node["seconds"] or 0.1) * 4
    found = []
    for index in range(count):
        status = chance.choices(
            ["success", "reused", "skipped", "failed", "interrupted"], [22, 4, 1, 1, 0.4]
        )[0]
        if index == 0:
            status = "success" if node["status"] == "success" else node["status"]
        took = status in {"success", "failed", "interrupted"}
        found.append(
            {
                "run_id": f"r{4096 - index:04x}",
                "status": status,
                "reason": {"reused": "nothing changed", "skipped": "what it reads failed"}.get(
                    status, "inputs changed"
                ),
                "finished_at": _back(2 + 24 * index),
                "seconds": round(usual * chance.lognormvariate(0, 0.4), 3) if took else None,
                "rows": node["rows"] if status == "success" else None,
                "error": FAILURE if status == "failed" else None,
            }
        )
    return found


def _project_runs(nodes: list[Node], count: int, chance: random.Random) -> list[dict[str, Any]]:
    found = []
    for index in range(count):
        failed = 1 if index in {0, 7, 19} else 0
        reused = chance.randrange(len(nodes)) if len(nodes) else 0
        found.append(
            {
                "run_id": f"r{4096 - index:04x}",
                "status": "failed" if failed else "success",
                "command": "seeknal run",
                "started_at": _back(2 + 24 * index),
                "seconds": round(9 * chance.lognormvariate(0, 0.5), 2),
                "counts": {"success": max(0, len(nodes) - reused - failed), "reused": reused}
                | ({"failed": failed} if failed else {}),
            }
        )
    return found


def _back(hours: int) -> str:
    return (NOW - timedelta(hours=hours)).isoformat()
