SELECT o.order_id, c.name AS customer, p.name AS payer, o.customer_id = o.paid_by AS own
FROM ref('source.orders') AS o
LEFT JOIN ref('source.customers') AS c ON c.customer_id = o.customer_id
INNER JOIN ref('source.customers') AS p ON p.customer_id = o.paid_by
WHERE NOT (o.status = 'cancelled' AND o.coupon IS NULL)
ORDER BY o.order_id
