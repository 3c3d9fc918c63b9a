/* ---
description: Revenue of each day and of the six before it.
keys: [day]
time_column: day
schedule: "@daily"
--- */

SELECT d.day, sum(p.revenue) AS revenue
FROM ref('transform.daily') AS d
JOIN ref('transform.daily') AS p ON p.day BETWEEN d.day - INTERVAL 6 DAY AND d.day
WHERE d.day >= {{ interval_start }} AND d.day < {{ interval_end }}
  -- How far it reads: from six days before the range to its end.
  AND p.day >= {{ interval_start }} - INTERVAL 6 DAY AND p.day < {{ interval_end }}
GROUP BY d.day
ORDER BY d.day
