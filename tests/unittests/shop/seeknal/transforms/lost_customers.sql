SELECT customer_id FROM ref('source.orders') WHERE ordered_at < DATE '2025-02-15'
EXCEPT
SELECT customer_id FROM ref('source.orders') WHERE ordered_at >= DATE '2025-03-25'
