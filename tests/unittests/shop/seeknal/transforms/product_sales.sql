SELECT
  p.product_id,
  p.name,
  count(DISTINCT i.order_id) AS orders,
  count(DISTINCT o.customer_id) AS customers,
  sum(i.quantity) AS pieces,
  string_agg(DISTINCT o.status, ',' ORDER BY o.status) AS states,
  max(o.ordered_at) AS last_sold
FROM ref('source.items') AS i
LEFT JOIN ref('source.products') AS p ON p.product_id = i.product_id
LEFT JOIN ref('source.orders') AS o ON o.order_id = i.order_id AND o.status <> 'open'
GROUP BY p.product_id, p.name
