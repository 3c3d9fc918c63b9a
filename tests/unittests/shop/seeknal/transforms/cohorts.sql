SELECT
  CAST(date_trunc('quarter', c.signed_up_on) AS DATE) AS cohort,
  date_diff('month', c.signed_up_on, CAST(o.ordered_at AS DATE)) AS months,
  count(DISTINCT o.customer_id) AS customers,
  sum(CASE WHEN o.coupon IS NULL THEN 0 ELSE 1 END) AS with_coupon
FROM ref('source.customers') AS c
JOIN ref('source.orders') AS o USING (customer_id)
WHERE o.ordered_at BETWEEN c.signed_up_on AND c.signed_up_on + INTERVAL 12 MONTH
GROUP BY ALL
