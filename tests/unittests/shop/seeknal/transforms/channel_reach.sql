SELECT
  coalesce(channel, 'direct') AS channel,
  count(*) AS visits,
  count(DISTINCT customer_id) AS customers,
  count(DISTINCT CAST(started_at AS DATE)) AS days,
  count(customer_id) AS known,
  avg(pages) FILTER (WHERE mobile) AS mobile_pages,
  count(DISTINCT customer_id) FILTER (WHERE pages > 5) AS readers
FROM ref('source.visits')
GROUP BY ALL
