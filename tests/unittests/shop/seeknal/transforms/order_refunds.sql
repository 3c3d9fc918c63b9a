SELECT
  o.order_id,
  r.refund_id,
  coalesce(r.amount, 0) AS refunded,
  coalesce(r.reason, o.status, 'unknown') AS why,
  nullif(r.amount, 0) IS NULL AS nothing_back,
  r.refunded_on - CAST(o.ordered_at AS DATE) AS days_until
FROM ref('source.orders') AS o
FULL JOIN ref('source.refunds') AS r ON r.order_id = o.order_id
