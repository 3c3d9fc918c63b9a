/* ---
description: Revenue of each region.
columns:
  region: where the customer lives
  orders: how many were paid
  revenue: what they come to
--- */

SELECT region, count(*) AS orders, sum(amount) AS revenue
FROM ref('transform.paid_orders')
GROUP BY region
ORDER BY region
