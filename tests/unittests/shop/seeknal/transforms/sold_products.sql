SELECT p.product_id, p.name, p.category
FROM ref('source.products') AS p
SEMI JOIN ref('source.items') AS i ON i.product_id = p.product_id AND i.quantity = 5 AND i.discount = 0.25
