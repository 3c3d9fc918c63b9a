SELECT
  month,
  revenue,
  revenue - lag(revenue) OVER (ORDER BY month) AS growth,
  sum(revenue) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS two_months,
  row_number() OVER (ORDER BY revenue DESC) AS place
FROM (
  SELECT CAST(date_trunc('month', ordered_at) AS DATE) AS month, sum(goods + shipping) AS revenue
  FROM ref('transform.order_totals')
  WHERE ordered_at < DATE '2025-05-01'
  GROUP BY ALL
)
