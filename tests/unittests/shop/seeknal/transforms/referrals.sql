SELECT
  r.customer_id,
  r.name,
  count(c.customer_id) AS referred,
  min(c.signed_up_on) AS first_referral,
  count(c.customer_id) FILTER (WHERE c.segment IS NULL) AS without_segment
FROM ref('source.customers') AS r
LEFT JOIN ref('source.customers') AS c ON c.referred_by = r.customer_id
WHERE r.country = 'ID' OR r.segment = 'gold'
GROUP BY r.customer_id, r.name
