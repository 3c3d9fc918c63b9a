WITH refunded AS (
  SELECT order_id, sum(amount) AS amount, count(*) AS refunds
  FROM ref('source.refunds')
  WHERE reason IS DISTINCT FROM 'other'
  GROUP BY order_id
)
SELECT
  CAST(date_trunc('month', t.ordered_at) AS DATE) AS month,
  count(*) AS orders,
  coalesce(sum(r.refunds), 0) AS refunds,
  coalesce(sum(r.amount), 0) / nullif(sum(t.goods), 0) AS rate,
  avg(r.amount) AS average
FROM ref('transform.order_totals') AS t
LEFT JOIN refunded AS r USING (order_id)
GROUP BY month
