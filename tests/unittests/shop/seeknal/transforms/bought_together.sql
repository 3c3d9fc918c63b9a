SELECT DISTINCT a.product_id AS one, b.product_id AS other
FROM ref('source.items') AS a
JOIN ref('source.items') AS b ON b.order_id = a.order_id AND b.product_id > a.product_id
JOIN ref('source.products') AS p ON p.product_id = a.product_id
WHERE p.category = 'tea' AND p.discontinued_on IS NULL
