SELECT c.customer_id, c.name, c.signed_up_on
FROM ref('source.customers') AS c
LEFT JOIN ref('source.orders') AS o
  ON o.customer_id = c.customer_id AND o.ordered_at >= TIMESTAMP '2025-04-01 00:00:00'
WHERE o.order_id IS NULL
