SELECT
  c.customer_id,
  c.country,
  coalesce(o.orders, 0) AS orders,
  o.last_order,
  coalesce(v.visits, 0) AS visits,
  v.pages,
  r.refunds
FROM ref('source.customers') AS c
LEFT JOIN (
  SELECT customer_id, count(*) AS orders, max(ordered_at) AS last_order
  FROM ref('source.orders')
  WHERE status IN ('paid', 'shipped') AND ordered_at >= DATE '2025-03-20'
  GROUP BY customer_id
) AS o ON o.customer_id = c.customer_id
LEFT JOIN (
  SELECT customer_id, count(*) AS visits, sum(pages) AS pages
  FROM ref('source.visits')
  WHERE channel = 'mail'
  GROUP BY customer_id
) AS v ON v.customer_id = c.customer_id
LEFT JOIN (
  SELECT o.customer_id, count(DISTINCT r.order_id) AS refunds
  FROM ref('source.refunds') AS r
  JOIN ref('source.orders') AS o ON o.order_id = r.order_id
  GROUP BY o.customer_id
) AS r ON r.customer_id = c.customer_id
