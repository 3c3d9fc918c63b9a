SELECT
  o.order_id,
  o.customer_id,
  o.ordered_at,
  o.status,
  coalesce(sum(i.quantity * i.unit_price * (1 - coalesce(i.discount, 0))), 0) AS goods,
  coalesce(o.shipping, 4.90) AS shipping,
  count(i.product_id) AS lines
FROM ref('source.orders') AS o
LEFT JOIN ref('source.items') AS i ON i.order_id = o.order_id
WHERE o.status <> 'cancelled'
GROUP BY o.order_id, o.customer_id, o.ordered_at, o.status, o.shipping
