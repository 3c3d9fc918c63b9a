SELECT
  customer_id,
  order_id,
  ordered_at,
  sum(goods) OVER (
    PARTITION BY customer_id ORDER BY ordered_at, order_id
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS spent_so_far,
  avg(goods) OVER (
    PARTITION BY customer_id ORDER BY ordered_at, order_id
    ROWS BETWEEN 2 PRECEDING AND CURRENT ROW
  ) AS recent_average,
  count(*) OVER (PARTITION BY customer_id) AS orders
FROM ref('transform.order_totals')
