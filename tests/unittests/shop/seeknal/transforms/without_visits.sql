SELECT c.customer_id, c.email
FROM ref('source.customers') AS c
ANTI JOIN ref('source.visits') AS v ON v.customer_id = c.customer_id AND v.mobile AND v.pages >= 6
