SELECT DISTINCT coalesce(r.reason, 'none') AS reason, o.status
FROM ref('source.refunds') AS r
LEFT JOIN ref('source.orders') AS o USING (order_id)
WHERE r.refunded_on > DATE '2025-02-01'
