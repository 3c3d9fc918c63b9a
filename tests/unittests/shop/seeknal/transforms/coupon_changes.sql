WITH steps AS (
  SELECT
    customer_id, order_id, coupon,
    lag(coupon) OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) AS earlier
  FROM ref('source.orders')
)
SELECT customer_id, order_id, earlier, coupon
FROM steps
WHERE coupon IS DISTINCT FROM earlier
