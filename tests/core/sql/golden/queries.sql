SELECT o.Id AS "Order", Count(*) AS N FROM orders AS o GROUP BY o.id ORDER BY ALL

SELECT Id, ID + 1, Sum(amount) OVER (Partition By Region Order By id Rows Between 1 Preceding And Current Row) FROM orders ORDER BY id

WITH Foo(A, b) AS (SELECT id, amount FROM orders) SELECT A, B, Foo.b + 1 FROM foo ORDER BY 1

SELECT CASE When amount > 10 Then 'High' ELSE 'low' End, Coalesce(region, 'x') FROM orders ORDER BY id

SELECT CAST(id AS Varchar), id::Double, Date '2020-01-01', Interval '1' Day, amount::Decimal(10, 2) FROM orders ORDER BY id

SELECT {Name: region, 'Id': id} AS S, [Id, 2], Map {'a': 1}, struct_pack(Aa := 1) FROM orders ORDER BY id

SELECT id, amount Between 5 And 15, region Is Not Null, region Like 'n%', Not True FROM orders ORDER BY id

FROM orders SELECT region, Any_Value(id), list(id ORDER BY id Desc Nulls Last) GROUP BY Region ORDER BY 1

SELECT * EXCLUDE ("amount") REPLACE (id * 2 AS Id) FROM orders ORDER BY 1

SELECT a.id, B.Region FROM orders a LEFT JOIN orders "B" USING (id) WHERE a.id In (1, 2) ORDER BY 1

SELECT 'it''s' || 'a'
'b', E'a\tb', $$x'y$$, -1, 1 - -1, 2*-3, 1<-1, 5 // 2, 2 ** 3

SELECT Year, "Month", Rows FROM (SELECT 1 AS Year, 2 AS "Month", 3 AS Rows)

SELECT * FROM Range(2) Foo(Bar) UNION ALL BY NAME SELECT 7 AS bar ORDER BY 1

SELECT extract(Year FROM DATE '2020-05-01'), Trim(Both 'a' FROM 'aba'), substring('abc' From 1 For 2)

SELECT list_transform([1, 2], lambda X: X + 1), Left('abc', 1), "upper"('a'), first(id ORDER BY id) FROM orders

SELECT x[1:2], x [1], s.a, (s).A FROM (SELECT [1, 2, 3] AS x, {a: 1} AS s)

SELECT region, Count(*) Filter (Where amount > 5) AS "n m" FROM orders GROUP BY ALL HAVING count(*) > 0 ORDER BY 1 LIMIT 5 OFFSET 0

SELECT * FROM (SELECT 1 a, 2 b) UNPIVOT (Val FOR Name IN (a, b)) ORDER BY Name

SELECT 1 Is Distinct From 2, EXISTS (FROM orders), 1 = Any([1]), 'a' SIMILAR TO 'a', 1 In (1)

SELECT * FROM orders Qualify Row_Number() Over (Partition By region Order By id) = 1 ORDER BY id

WITH Recursive t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT N FROM T ORDER BY 1

SELECT Now() > TIMESTAMP '2020-01-01', Current_Date > DATE '2020-01-01', 1 AS Now
