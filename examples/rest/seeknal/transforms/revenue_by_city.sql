SELECT c.address.city AS city, count(*) AS orders, sum(o.amount) AS revenue
FROM ref('source.orders') AS o
JOIN ref('source.customers') AS c ON c.id = o.customer_id
GROUP BY ALL
ORDER BY city
