SELECT i.order_id, i.line, i.product_id
FROM ref('source.items') AS i
WHERE NOT EXISTS (SELECT 1 FROM ref('source.products') AS p WHERE p.product_id = i.product_id)
  OR i.order_id NOT IN (SELECT order_id FROM ref('source.orders') WHERE status <> 'open')
