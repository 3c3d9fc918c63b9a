SELECT DISTINCT country FROM (
  SELECT c.country FROM ref('source.customers') AS c
  JOIN ref('source.visits') AS v ON v.customer_id = c.customer_id
  WHERE v.channel = 'mail'
  UNION
  SELECT c.country FROM ref('source.customers') AS c WHERE c.segment = 'gold'
)
