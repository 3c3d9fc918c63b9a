"""Two sources and a node over them, of which tests are made."""

ORDERS = """id,customer,day,amount,status,email
1,10,2026-01-01,5.00,paid,ann@example.com
2,10,2026-01-02,7.50,paid,bob@example.com
3,11,2026-01-03,,open,cid@example.com
4,,2026-01-04,2.25,paid,dan@example.com
5,12,2026-01-05,9.00,void,eve@example.com
6,12,2026-01-06,9.00,paid,fay@example.com
"""
CUSTOMERS = "id,name\n10,Ann\n11,Bob\n13,Cid\n"
SOURCE = "kind: source\nname: {0}\nsource: csv\ntable: data/{0}.csv\n"
FILES = {
    "data/orders.csv": ORDERS,
    "data/customers.csv": CUSTOMERS,
    "seeknal/sources/orders.yml": SOURCE.format("orders"),
    "seeknal/sources/customers.yml": SOURCE.format("customers"),
}
SPENT = """SELECT c.name, sum(o.amount) AS spent, count(*) AS orders
FROM ref('source.orders') o LEFT JOIN ref('source.customers') c ON c.id = o.customer
WHERE o.status = 'paid'
GROUP BY c.name
"""
