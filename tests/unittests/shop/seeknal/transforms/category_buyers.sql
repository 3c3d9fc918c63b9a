SELECT
  p.category,
  count(DISTINCT o.customer_id) AS buyers,
  count(DISTINCT o.order_id) AS orders,
  sum(i.quantity) AS pieces,
  min(o.ordered_at) AS first_order,
  max(i.unit_price) AS dearest
FROM ref('source.items') AS i
JOIN ref('source.orders') AS o ON o.order_id = i.order_id
LEFT JOIN ref('source.products') AS p ON p.product_id = i.product_id
GROUP BY p.category
HAVING count(DISTINCT o.customer_id) > 40
