SELECT customer_id FROM ref('source.orders') WHERE ordered_at BETWEEN DATE '2025-01-01' AND DATE '2025-01-31'
INTERSECT
SELECT customer_id FROM ref('source.orders') WHERE coupon = 'SPRING' AND shipping > 3
