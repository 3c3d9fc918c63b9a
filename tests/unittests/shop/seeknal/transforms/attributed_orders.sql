SELECT
  o.order_id,
  o.customer_id,
  arg_max(v.channel, v.started_at) AS channel,
  count(v.visit_id) AS visits,
  extract(hour FROM max(v.started_at)) AS hour
FROM ref('source.orders') AS o
LEFT JOIN ref('source.visits') AS v
  ON v.customer_id = o.customer_id
  AND v.started_at < o.ordered_at
  AND v.started_at >= o.ordered_at - INTERVAL 7 DAY
WHERE o.ordered_at >= TIMESTAMP '2025-03-05 00:00:00' AND o.status <> 'cancelled'
GROUP BY o.order_id, o.customer_id
