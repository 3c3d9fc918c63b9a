WITH sold AS (
  SELECT CAST(ordered_at AS DATE) AS day, count(*) AS orders, count(DISTINCT customer_id) AS customers
  FROM ref('source.orders')
  WHERE ordered_at >= DATE '2025-02-10'
  GROUP BY ALL
), visited AS (
  SELECT CAST(started_at AS DATE) AS day, count(*) AS visits
  FROM ref('source.visits')
  WHERE pages > 8
  GROUP BY ALL
)
SELECT
  coalesce(s.day, v.day) AS day,
  s.orders,
  s.customers,
  coalesce(v.visits, 0) AS visits,
  s.orders / nullif(v.visits, 0) AS orders_per_visit
FROM sold AS s
FULL JOIN visited AS v ON v.day = s.day
