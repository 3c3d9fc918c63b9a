WITH sold AS (
  SELECT
    p.product_id,
    coalesce(p.category, 'other') AS category,
    sum(i.quantity) AS pieces,
    sum(i.quantity * i.unit_price) AS revenue
  FROM ref('source.products') AS p
  JOIN ref('source.items') AS i USING (product_id)
  GROUP BY p.product_id, p.category
)
SELECT
  product_id,
  category,
  revenue,
  rank() OVER (PARTITION BY category ORDER BY pieces DESC) AS place,
  dense_rank() OVER (ORDER BY category) AS category_number,
  revenue / sum(revenue) OVER (PARTITION BY category) AS share
FROM sold
QUALIFY rank() OVER (PARTITION BY category ORDER BY pieces DESC) <= 3
