SELECT DISTINCT c.customer_id, c.country, coalesce(c.segment, 'none') AS segment
FROM ref('source.customers') AS c
JOIN ref('source.orders') AS o ON o.customer_id = c.customer_id
WHERE o.ordered_at >= DATE '2025-02-01' AND o.ordered_at < DATE '2025-04-01'
