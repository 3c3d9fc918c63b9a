SELECT
  product_id,
  upper(left(name, 1)) || '-' || coalesce(category, 'none') AS label,
  CASE
    WHEN price < 5 THEN 'low'
    WHEN price < 15 THEN 'middle'
    ELSE 'high'
  END AS band,
  CASE WHEN discontinued_on IS NULL THEN true ELSE discontinued_on > DATE '2025-03-15' END AS sold,
  round(price - price * 0.19, 2) AS net
FROM ref('source.products')
