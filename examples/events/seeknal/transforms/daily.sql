/* ---
description: Events and revenue of each day.
keys: [day]
time_column: day
schedule: "@daily"
--- */

-- The day's rows are all that it reads: this needs no condition.
SELECT
  CAST(occurred_at AS DATE) AS day,
  count(*) AS events,
  coalesce(sum(amount) FILTER (WHERE action = 'buy'), 0) AS revenue
FROM ref('source.events')
GROUP BY day
