SELECT a.order_id AS one, b.order_id AS other, coalesce(a.coupon, '-') AS coupon
FROM ref('source.orders') AS a
JOIN ref('source.orders') AS b
  ON b.customer_id = a.customer_id
  AND a.coupon IS NOT DISTINCT FROM b.coupon
  AND a.order_id < b.order_id
WHERE a.status = 'paid' AND a.shipping IS NOT NULL
