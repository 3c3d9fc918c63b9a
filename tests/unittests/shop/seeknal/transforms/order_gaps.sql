WITH steps AS (
  SELECT
    customer_id,
    order_id,
    ordered_at,
    lag(ordered_at) OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) AS before,
    lead(goods, 1, 0) OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) AS next_goods
  FROM ref('transform.order_totals')
)
SELECT
  customer_id,
  order_id,
  date_diff('day', before, ordered_at) AS days_since,
  before IS NULL AS is_first,
  coalesce(date_diff('day', before, ordered_at) > 30, false) AS came_back,
  next_goods
FROM steps
