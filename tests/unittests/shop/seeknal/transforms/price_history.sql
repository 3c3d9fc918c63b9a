SELECT
  product_id,
  order_id,
  line,
  unit_price,
  first_value(unit_price) OVER w AS first_price,
  last_value(unit_price) OVER (
    PARTITION BY product_id ORDER BY order_id, line
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
  ) AS last_price,
  max(unit_price) OVER (
    PARTITION BY product_id ORDER BY order_id, line ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING
  ) AS lately
FROM ref('source.items')
WHERE quantity >= 2
WINDOW w AS (PARTITION BY product_id ORDER BY order_id, line)
