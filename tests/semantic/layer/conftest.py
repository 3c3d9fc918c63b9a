"""A shop with orders, customers and regions, and the layer over it."""

import pytest

from seeknal.kernel.plugins import load_plugins
from seeknal.project.loader import load_project
from seeknal.values.errors import ProjectError
from seeknal_semantic.building import semantic_layer

ORDERS = """
kind: semantic_model
name: orders
description: Order fact table
model: ref('source.order_rows')
default_time_dimension: ordered_at
entities:
  - {name: order_id, type: primary}
  - {name: customer, type: foreign, expr: customer_id}
dimensions:
  - {name: ordered_at, type: time, expr: ordered_at, time_granularity: day}
  - {name: region, type: categorical, expr: region}
measures:
  - {name: revenue, expr: amount, agg: sum, description: Total order amount}
  - {name: order_count, expr: "1", agg: sum}
  - {name: avg_order_value, expr: amount, agg: average}
  - {name: unique_customers, expr: customer_id, agg: count_distinct}
"""
CUSTOMERS = """
kind: semantic_model
name: customers
model: ref('source.customer_rows')
entities:
  - {name: customer, type: primary, expr: customer_id}
dimensions:
  - {name: country}
measures:
  - {name: customer_count, expr: "1"}
"""
METRICS = """
kind: metric
name: total_revenue
type: simple
measure: revenue
filter: "status != 'refunded'"
---
{kind: metric, name: revenue_per_customer, type: ratio, numerator: revenue, denominator: unique_customers}
---
{kind: metric, name: mtd_revenue, type: cumulative, measure: revenue, grain_to_date: month}
---
kind: metric
name: revenue_growth_mom
type: derived
expr: "(current - previous) / previous"
inputs:
  - {metric: total_revenue, alias: current}
  - {metric: total_revenue, alias: previous, offset: 1 month}
"""  # noqa: E501 - as the documentation has it
SHOP = {
    "data/orders.csv": "order_id,customer_id,ordered_at,region,amount,status\n"
    "1,7,2026-01-05,north,10.5,paid\n2,8,2026-01-06,south,4,refunded\n",
    "data/customers.csv": "customer_id,country\n7,ID\n8,DE\n",
    "seeknal/sources.yml": "{kind: source, name: order_rows, source: csv, table: data/orders.csv}\n"
    "---\n{kind: source, name: customer_rows, source: csv, table: data/customers.csv}\n",
    "seeknal/semantic_models/orders.yml": ORDERS,
    "seeknal/semantic_models/customers.yml": CUSTOMERS,
    "seeknal/metrics/all.yml": METRICS,
}


@pytest.fixture
def shop(seeknal_project):
    """The shop's project, with files beside or instead of its own; None leaves one out."""

    def shop(**more):
        files = {**SHOP, **{name.replace("|", "/"): text for name, text in more.items()}}
        return seeknal_project({name: text for name, text in files.items() if text is not None})

    return shop


@pytest.fixture
def read(shop):
    """The project as it is read."""

    def read(**more):
        return load_project(shop(**more).path, load_plugins(), use_cache=False)

    return read


@pytest.fixture
def layer(read):
    """The semantic layer of the shop, with other files."""

    def layer(**more):
        return semantic_layer(read(**more))

    return layer


@pytest.fixture
def problems(read):
    """(code, place, message and help) of everything that is wrong."""

    def problems(**more):
        with pytest.raises(ProjectError) as caught:
            read(**more)
        return [
            (each.code, str(each.location), f"{each.message} | {each.help}")
            for each in caught.value.problems
        ]

    return problems


MODELS = "seeknal/semantic_models/orders.yml"
METRIC = "seeknal/metrics/all.yml"
