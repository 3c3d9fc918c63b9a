SELECT customer_id, order_id, ordered_at, goods
FROM ref('transform.order_totals')
QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC, order_id DESC) = 1
