"""Python nodes: a source, one that reads sources, and one that reads a YAML node."""

from seeknal import materialize, source, transform


@source(
    name="cell_sites",
    description="Sites with their place and technology",
    layer="bronze",
    domain="network",
    source="iceberg",
    table="atlas.ref_common_test.cell_sites",
    audits=[{"type": "unique", "columns": ["site_id"]}],
)
def cell_sites(ctx):
    """What the table holds, unchanged."""
    return ctx.ref("source.cell_sites")


@transform(
    name="traffic_enriched",
    description="Traffic with the region and technology of its site",
    layer="silver",
    domain="network",
    inputs=["source.traffic_daily", "source.cell_sites"],
    audits=[{"type": "not_null", "columns": ["region"]}],
)
@materialize(
    type="iceberg",
    table="silver_traffic_enriched",
    mode="incremental_by_time",
    time_column="date",
    partition_by=["month(date)"],
)
def traffic_enriched(ctx):
    """YAML and Python -> Python."""
    return ctx.duckdb.sql("""
        SELECT t.*, s.region, s.technology
        FROM traffic_daily t
        JOIN cell_sites s USING (site_id)
    """)


@transform(
    name="daily_kpi",
    description="Revenue and subscribers by date and region",
    layer="gold",
    domain="network",
    inputs=["transform.active_traffic"],
    audits=[{"type": "unique", "columns": ["date", "region"]}],
)
@materialize(type="iceberg", table="gold_daily_kpi", mode="full")
def daily_kpi(ctx):
    """YAML -> Python."""
    return ctx.duckdb.sql("""
        SELECT
            date,
            region,
            sum(revenue) AS revenue,
            count(DISTINCT subscriber_id) AS subscribers
        FROM active_traffic
        GROUP BY date, region
        ORDER BY date, region
    """)
