WITH marked AS (
  SELECT
    *,
    CASE
      WHEN started_at - lag(started_at) OVER (PARTITION BY customer_id ORDER BY started_at)
        <= INTERVAL 2 DAY THEN 0
      ELSE 1
    END AS begins
  FROM ref('source.visits')
  WHERE customer_id IS NOT NULL
), numbered AS (
  SELECT *, sum(begins) OVER (PARTITION BY customer_id ORDER BY started_at) AS session
  FROM marked
)
SELECT
  customer_id,
  session,
  min(started_at) AS started_at,
  max(started_at) AS last_seen_at,
  sum(pages) AS pages,
  bool_or(mobile) AS mobile
FROM numbered
GROUP BY customer_id, session
