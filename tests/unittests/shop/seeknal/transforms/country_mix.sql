SELECT
  c.country,
  count(DISTINCT c.segment) AS segments,
  count(DISTINCT c.customer_id) AS customers,
  count(DISTINCT o.coupon) AS coupons,
  sum(DISTINCT o.shipping) AS fees,
  list(DISTINCT c.segment ORDER BY c.segment) AS all_segments
FROM ref('source.customers') AS c
LEFT JOIN ref('source.orders') AS o ON o.customer_id = c.customer_id AND o.status = 'open'
GROUP BY c.country
