/* ---
description: Every day of 2025, and the half of the year that it is in
--- */

SELECT
  CAST(day AS DATE) AS day,
  CASE WHEN month(day) <= 6 THEN '2025 H1' ELSE '2025 H2' END AS half
FROM generate_series(DATE '2025-01-01', DATE '2025-12-31', INTERVAL 1 DAY) AS days(day)
