/* ---
description: Revenue of each week, and of all weeks until then.
keys: [week]
time_column: week
schedule: 1 week
--- */

-- {{ this }} are the weeks before this one, so weeks go one after another.
SELECT
  now.week,
  now.revenue,
  now.revenue + coalesce((SELECT max_by(total, week) FROM {{ this }}), 0) AS total
FROM (
  SELECT CAST(date_trunc('week', day) AS DATE) AS week, sum(revenue) AS revenue
  FROM ref('transform.daily')
  GROUP BY week
) AS now
