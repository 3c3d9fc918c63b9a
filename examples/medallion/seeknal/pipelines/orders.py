"""Python nodes: a source that a database fills, and two that read YAML and Python nodes."""

from seeknal import materialize, source, transform


@source(
    name="products",
    description="The catalogue, as far as it is for sale",
    layer="bronze",
    domain="sales",
    source="postgresql",
    connection="local_pg",
    query="SELECT product_id, name, category, price FROM products WHERE price > 0",
    audits=[{"type": "unique", "columns": ["product_id"]}],
)
def products(ctx):
    """What the query gives, unchanged."""
    return ctx.ref("source.products")


@transform(
    name="order_products",
    description="Completed orders with their product",
    layer="silver",
    domain="sales",
    inputs=["transform.clean_orders", "source.products"],
    audits=[{"type": "not_null", "columns": ["category"]}],
)
@materialize(
    type="postgresql",
    connection="local_pg",
    table="analytics.silver_order_products",
    mode="upsert_by_key",
    unique_keys=["order_id"],
)
@materialize(
    type="iceberg",
    table="atlas.medallion.silver_order_products",
    mode="upsert_by_key",
    unique_keys=["order_id"],
)
def order_products(ctx):
    """YAML -> Python."""
    return ctx.duckdb.sql("""
        SELECT o.*, p.name AS product_name, p.category
        FROM clean_orders o
        JOIN products p USING (product_id)
    """)


@transform(
    name="customer_lifetime_value",
    description="What each customer bought so far",
    layer="gold",
    domain="sales",
    inputs=["transform.order_products", "source.customers"],
    audits=[{"type": "unique", "columns": ["customer_id"]}],
)
@materialize(
    type="postgresql",
    connection="local_pg",
    table="analytics.gold_customer_ltv",
    mode="upsert_by_key",
    unique_keys=["customer_id"],
)
def customer_lifetime_value(ctx):
    """Python -> Python: a row for each customer, also for those who bought nothing."""
    orders = ctx.ref("transform.order_products")
    customers = ctx.ref("source.customers")
    spent = orders.aggregate(
        "customer_id, count(*) AS orders, sum(amount) AS lifetime_value, "
        "max(order_date) AS last_order, mode(category) AS favourite_category"
    )
    return ctx.duckdb.sql("""
        SELECT
            c.customer_id,
            c.region,
            coalesce(s.orders, 0) AS orders,
            coalesce(s.lifetime_value, 0) AS lifetime_value,
            s.last_order,
            s.favourite_category
        FROM customers c
        LEFT JOIN spent s USING (customer_id)
        ORDER BY lifetime_value DESC, c.customer_id
    """)
