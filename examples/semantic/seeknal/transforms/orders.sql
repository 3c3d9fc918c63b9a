/* ---
description: Orders that were not cancelled
--- */

SELECT order_id, customer_id, product_id, ordered_on, status, quantity, amount
FROM ref('source.orders')
WHERE status <> 'cancelled'
