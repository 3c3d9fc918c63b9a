SELECT DISTINCT ON (coupon) coupon, order_id, ordered_at
FROM ref('source.orders')
WHERE coupon IS NOT NULL
ORDER BY coupon, ordered_at DESC, order_id
