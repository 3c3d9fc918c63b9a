SELECT
  r.refund_id,
  r.reason,
  o.status,
  c.country,
  r.amount
FROM ref('source.orders') AS o
RIGHT JOIN ref('source.refunds') AS r ON r.order_id = o.order_id
LEFT JOIN ref('source.customers') AS c ON c.customer_id = o.customer_id
WHERE r.reason IS NOT NULL OR r.amount > 10
