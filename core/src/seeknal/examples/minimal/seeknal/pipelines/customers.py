"""A node written in Python: what it returns are its rows."""

from seeknal import transform


@transform(name="best_customers", inputs=["transform.paid_orders"])
def best_customers(ctx):
    return ctx.duckdb.sql("""
        SELECT customer_id, name, sum(amount) AS spent
        FROM paid_orders
        GROUP BY ALL
        ORDER BY spent DESC, customer_id, name
        LIMIT 3
    """)
