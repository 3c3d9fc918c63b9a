"""A shop whose rows seeknal computes, and what dbt says of its metrics, in both forms."""

import duckdb
import pytest

from seeknal.testing import TestProject

ORDERS = """order_id,customer_id,ordered_at,status,amount,quantity,is_food
1,7,2026-01-05,paid,10.50,1,true
2,8,2026-01-20,refunded,4.00,2,false
3,7,2026-02-01,paid,20.00,12,true
4,9,2026-02-28,paid,7.25,3,
5,8,2026-04-30,paid,1.25,1,false
6,8,2026-04-30,refunded,3.00,20,true
"""
CUSTOMERS = """customer_id,country,signed_up_at
7,ID,2026-01-01
8,DE,2026-01-19
9,,2026-02-27
"""
TIERS = """customer_id,tier,start_date,end_date
7,gold,2026-01-01,2026-02-01
7,platinum,2026-02-01,
8,silver,2026-01-01,
"""
BALANCES = """account,owner_id,day,balance
a,7,2026-01-01,5
a,7,2026-01-02,7
b,7,2026-01-01,10
c,8,2026-01-02,3
"""
ROWS = """
{kind: source, name: raw_orders, source: csv, table: data/orders.csv, columns: {amount: "DECIMAL(12,2)"}}
---
{kind: transform, name: orders, sql: "SELECT * FROM ref('source.raw_orders')"}
---
{kind: source, name: customers, source: csv, table: data/customers.csv}
---
{kind: source, name: tiers, source: csv, table: data/tiers.csv}
---
{kind: source, name: balances, source: csv, table: data/balances.csv}
---
kind: transform
name: all_days
sql: |
  SELECT CAST(d AS DATE) AS date_day, 'S' || quarter(d) AS season
  FROM generate_series(DATE '2026-01-01', DATE '2026-04-30', INTERVAL 1 DAY) AS t(d)
"""  # noqa: E501 - one node a line
SHOP = {
    "data/orders.csv": ORDERS,
    "data/customers.csv": CUSTOMERS,
    "data/tiers.csv": TIERS,
    "data/balances.csv": BALANCES,
    "seeknal/rows.yml": ROWS,
}
OLDER = """
version: 2
semantic_models:
  - name: orders
    description: Order facts
    model: ref('orders')
    defaults:
      agg_time_dimension: ordered_at
    entities:
      - name: order
        type: primary
        expr: order_id
      - name: customer
        type: foreign
        expr: customer_id
    dimensions:
      - name: ordered_at
        type: time
        type_params:
          time_granularity: day
      - name: order_status
        type: categorical
        expr: status
      - name: is_food_order
        type: CATEGORICAL
        expr: is_food
      - name: is_bulk
        type: categorical
        expr: case when quantity > 10 then true else false end
    measures:
      - name: order_total
        label: Order total
        agg: sum
        expr: amount
      - name: order_count
        agg: count
        expr: 1
      - name: buyers
        agg: COUNT_DISTINCT
        expr: customer_id
      - name: p75
        agg: percentile
        expr: amount
        agg_params:
          percentile: 0.75
          use_discrete_percentile: true
  - name: customers
    model: "{{ ref('customers') }}"
    defaults: {agg_time_dimension: signed_up_at}
    entities:
      - {name: customer, type: primary, expr: customer_id}
    dimensions:
      - {name: country, type: categorical}
      - {name: signed_up_at, type: time, type_params: {time_granularity: day}}
    measures:
      - {name: sign_ups, agg: count, expr: customer_id}
  - name: tiers
    model: ref('tiers')
    primary_entity: tier_row
    entities:
      - {name: customer_at, type: natural, expr: customer_id}
    dimensions:
      - {name: tier, type: categorical}
      - name: tier_start
        type: time
        expr: start_date
        type_params: {time_granularity: day, validity_params: {is_start: True}}
      - name: tier_end
        type: time
        expr: end_date
        type_params: {time_granularity: day, validity_params: {is_end: True}}
  - name: balances
    model: ref('balances')
    primary_entity: balance
    defaults: {agg_time_dimension: day}
    entities:
      - {name: owner, type: foreign, expr: owner_id}
    dimensions:
      - {name: day, type: time, type_params: {time_granularity: day}}
    measures:
      - name: held
        agg: sum
        expr: balance
        create_metric: true
        non_additive_dimension: {name: day, window_choice: max, window_groupings: [owner]}

metrics:
  - name: revenue
    description: What was not given back
    label: Revenue
    type: simple
    type_params:
      measure:
        name: order_total
        fill_nulls_with: 0
        join_to_timespine: true
    filter: |
      {{ Dimension('order__order_status') }} <> 'refunded'
  - name: orders
    label: Orders
    type: simple
    type_params: {measure: order_count}
  - name: top_quarter
    label: Top
    type: simple
    type_params: {measure: p75}
  - name: foreign_revenue
    type: simple
    label: Abroad
    type_params: {measure: order_total}
    filter:
      - "{{ Dimension('customer__country') }} in ('ID', 'DE')"
      - "{{ TimeDimension('metric_time', 'month') }} >= '2026-02-01'"
  - name: revenue_of_regulars
    type: simple
    label: Regulars
    type_params: {measure: order_total}
    filter: "{{ Metric('orders', group_by=['customer']) }} > 1"
  - name: refund_share
    label: Refunds
    type: ratio
    type_params:
      numerator: {name: orders, filter: "{{ Dimension('order__order_status') }} = 'refunded'"}
      denominator: orders
  - name: growth
    label: Growth
    type: derived
    type_params:
      expr: (order_now - order_before) * 100 / order_before
      metrics:
        - {name: revenue, alias: order_now}
        - name: revenue
          alias: order_before
          offset_window: 1 month
  - name: net
    label: Net
    type: derived
    type_params: {expr: revenue - orders, metrics: [revenue, orders]}
  - name: so_far
    label: So far
    type: cumulative
    type_params:
      measure: {name: order_total}
      cumulative_type_params: {period_agg: last}
  - name: last_30_days
    label: Window
    type: cumulative
    type_params:
      measure: order_total
      cumulative_type_params: {window: 30 days}
  - name: month_to_date
    label: MTD
    type: cumulative
    type_params:
      measure: order_total
      grain_to_date: month
  - name: sign_up_to_order
    label: Conversion
    type: conversion
    type_params:
      conversion_type_params:
        base_measure: {name: sign_ups}
        conversion_measure: buyers
        entity: customer
        calculation: conversion_rate
        window: 7 days

saved_queries:
  - name: monthly
    description: By month
    label: Monthly
    query_params:
      metrics: [revenue, orders]
      group_by:
        - "TimeDimension('metric_time', 'month')"
        - Dimension('customer__country')
      where:
        - "{{ Dimension('order__order_status') }} = 'paid'"
      order_by: ["Metric('revenue').descending(True)"]
      limit: 10

models:
  - name: all_days
    time_spine:
      standard_granularity_column: date_day
      custom_granularities:
        - name: season
    columns:
      - name: date_day
        granularity: day
"""
NEWER = """
models:
  - name: orders
    description: Order facts
    semantic_model:
      enabled: true
    agg_time_dimension: ordered_at
    columns:
      - name: order_id
        data_tests: [unique, not_null]
        entity: {type: primary, name: order}
      - name: customer_id
        entity:
          type: foreign
          name: customer
      - name: ordered_at
        granularity: day
        dimension:
          type: time
      - name: status
        dimension: {type: categorical, name: order_status}
      - name: is_food
        dimension: {type: categorical, name: is_food_order}
      - name: amount
    derived_semantics:
      dimensions:
        - name: is_bulk
          type: categorical
          expr: case when quantity > 10 then true else false end
    metrics:
      - name: order_total
        label: Order total
        agg: sum
        expr: amount
      - name: net
        type: derived
        expr: revenue - orders
        input_metrics: [revenue, orders]
      - name: revenue
        description: What was not given back
        label: Revenue
        type: simple
        agg: sum
        expr: amount
        fill_nulls_with: 0
        join_to_timespine: true
        filter: |
          {{ Dimension('order__order_status') }} <> 'refunded'
      - {name: orders, type: simple, agg: count, expr: 1, label: Orders}
      - {name: buyers, type: simple, agg: count_distinct, expr: customer_id}
      - name: top_quarter
        type: simple
        agg: percentile
        expr: amount
        percentile: 0.75
        percentile_type: discrete
      - name: foreign_revenue
        type: simple
        agg: sum
        expr: amount
        filter: >-
          {{ Dimension('customer__country') }} in ('ID', 'DE') and
          {{ Dimension('metric_time').grain('month') }} >= '2026-02-01'
      - name: revenue_of_regulars
        type: simple
        agg: sum
        expr: amount
        filter: "{{ Metric('orders', group_by=['customer']) }} > 1"
      - name: refund_share
        type: ratio
        numerator: {name: orders, filter: "{{ Dimension('order__order_status') }} = 'refunded'"}
        denominator: orders
      - name: growth
        type: derived
        expr: (order_now - order_before) * 100 / order_before
        input_metrics:
          - {name: revenue, alias: order_now}
          - {name: revenue, alias: order_before, offset_window: 1 month}
      - {name: so_far, type: cumulative, input_metric: order_total, period_agg: last}
      - {name: last_30_days, type: cumulative, input_metric: order_total, window: 30 days}
      - name: month_to_date
        type: cumulative
        input_metric: {name: order_total}
        grain_to_date: month
  - name: customers
    semantic_model: true
    agg_time_dimension: signed_up_at
    columns:
      - name: customer_id
        entity: {name: customer, type: primary}
      - name: country
        dimension: categorical
      - name: signed_up_at
        granularity: day
        dimension: time
    metrics:
      - {name: sign_ups, type: simple, agg: count, expr: customer_id}
  - name: tiers
    semantic_model: {enabled: true}
    primary_entity: tier_row
    columns:
      - name: customer_id
        entity: {type: natural, name: customer_at}
      - name: tier
        dimension: {type: categorical}
      - name: start_date
        granularity: day
        dimension: {type: time, name: tier_start, validity_params: {is_start: true}}
      - name: end_date
        granularity: day
        dimension: {type: time, name: tier_end, validity_params: {is_end: true}}
  - name: balances
    semantic_model: {enabled: true, name: balances}
    agg_time_dimension: day
    primary_entity: balance
    columns:
      - name: owner_id
        entity: {type: foreign, name: owner}
      - name: day
        granularity: day
        dimension: {type: time}
    metrics:
      - name: held
        type: simple
        agg: sum
        expr: balance
        non_additive_dimension: {name: day, window_agg: max, group_by: [owner]}
  - name: all_days
    time_spine:
      standard_granularity_column: date_day
      custom_granularities: [{name: season}]
    columns:
      - {name: date_day, granularity: day}

metrics:
  - name: sign_up_to_order
    type: conversion
    base_metric: sign_ups
    conversion_metric: {name: buyers}
    entity: customer
    calculation: conversion_rate
    window: 7 days

saved_queries:
  - name: monthly
    description: By month
    label: Monthly
    query_params:
      metrics: [revenue, orders]
      group_by:
        - Dimension('metric_time').grain('month')
        - Dimension('customer__country')
      where:
        - "{{ Dimension('order__order_status') }} = 'paid'"
      order_by: ["Metric('revenue').descending(True)"]
      limit: 10
"""
FORMS = {"older": OLDER, "newer": NEWER}


@pytest.fixture
def project(seeknal_project):
    """The shop's project, with a file of dbt's beside it, and others or instead of its own."""

    def project(dbt, files=()):
        return seeknal_project({**SHOP, "dbt/semantic.yml": dbt, **dict(files)})

    return project


@pytest.fixture(scope="module", params=FORMS)
def imported(request, tmp_path_factory):
    """A project that has taken dbt's definitions over, in either form, and has run."""
    made = TestProject(tmp_path_factory.mktemp("imported"))
    dbt = {"dbt/semantic.yml": FORMS[request.param]}
    made.write({"seeknal_project.yml": "name: test\n", **SHOP, **dbt})
    made.run("metrics", "import", "dbt", "--from-dialect", "duckdb").assert_ok()
    made.run("run").assert_ok()
    return made


@pytest.fixture
def by_hand():
    """Rows of SQL over the same files."""
    database = duckdb.connect()

    def rows(project, sql):
        for name in ("orders", "customers", "tiers", "balances"):
            file = project.path / "data" / f"{name}.csv"
            database.execute(f"CREATE OR REPLACE TABLE {name} AS FROM '{file}'")
        return database.sql(sql).fetchall()

    return rows
