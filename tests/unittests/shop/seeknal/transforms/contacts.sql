SELECT customer_id, 'order' AS how FROM ref('source.orders') WHERE status IN ('paid', 'shipped')
UNION
SELECT customer_id, 'visit' FROM ref('source.visits') WHERE customer_id IS NOT NULL AND pages > 2
