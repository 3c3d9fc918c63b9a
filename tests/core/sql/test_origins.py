"""Queries whose rows are each a row of one table, and those whose rows are not."""

import pytest

from seeknal.sql.origins import NoSingleOrigin, with_columns

NAMES = ("_source_file", "_layer")


def carries(table):
    return table != "plain"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM t",
        "FROM t",
        "SELECT t.* FROM source.t AS t WHERE id IN (SELECT max(id) FROM u)",
        "WITH q AS (FROM t) SELECT * FROM q ORDER BY 1 LIMIT 3",
        "SELECT id, _layer, _source_file FROM (SELECT * FROM t)",
        "SELECT COLUMNS(*) FROM t",
        "SELECT COLUMNS(* EXCLUDE (id)) FROM t",
        "SELECT COLUMNS('_source|_layer'), coalesce(*COLUMNS(*)) AS c FROM t",
        "SELECT COLUMNS(c -> c LIKE '\\_%' ESCAPE '\\') FROM t",
        "SELECT *, row_number() OVER (ORDER BY id) AS n, sum(id) OVER () AS s FROM t",
    ],
)
def test_a_query_that_has_them_stays_as_it_is(query):
    assert with_columns(query, NAMES, carries) == query


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT id FROM t", 'SELECT id, "_source_file", "_layer"  FROM t'),
        ("SELECT id, _layer FROM t", 'SELECT id, _layer, "_source_file"  FROM t'),
        (
            "SELECT * EXCLUDE (_layer) FROM t",
            'SELECT * EXCLUDE (_layer), "_layer"  FROM t',
        ),
        (
            "SELECT COLUMNS('^(n|_lay)') FROM t",
            "SELECT COLUMNS('^(n|_lay)'), \"_source_file\"  FROM t",
        ),
        (
            "SELECT upper(COLUMNS('^n')) FROM t",
            'SELECT upper(COLUMNS(\'^n\')), "_source_file", "_layer"  FROM t',
        ),
        (
            "SELECT COLUMNS(* EXCLUDE (_layer)) FROM t",
            'SELECT COLUMNS(* EXCLUDE (_layer)), "_layer"  FROM t',
        ),
        (
            "SELECT * LIKE 'n%' FROM t",
            'SELECT * LIKE \'n%\', "_source_file", "_layer"  FROM t',
        ),
        (
            "SELECT * ILIKE '%FILE' FROM t",
            "SELECT * ILIKE '%FILE', \"_layer\"  FROM t",
        ),
        (
            "SELECT extract(year FROM d) AS y /* FROM */ FROM t LIMIT 1",
            'SELECT extract(year FROM d) AS y, "_source_file", "_layer"  /* FROM */ FROM t LIMIT 1',
        ),
        (
            "SELECT id IS DISTINCT FROM 3 AS x, id IS NOT DISTINCT /* FROM */ FROM n FROM t",
            "SELECT id IS DISTINCT FROM 3 AS x, id IS NOT DISTINCT /* FROM */ FROM n,"
            ' "_source_file", "_layer"  FROM t',
        ),
        (
            "SELECT sum(n) FILTER (n > 1) OVER () AS s, last(n IGNORE NULLS) OVER () AS l FROM t",
            "SELECT sum(n) FILTER (n > 1) OVER () AS s, last(n IGNORE NULLS) OVER () AS l,"
            ' "_source_file", "_layer"  FROM t',
        ),
    ],
)
def test_what_a_query_leaves_out_is_added_behind_its_own(query, wanted):
    assert with_columns(query, NAMES, carries) == wanted


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT count(*) FROM t", "aggregates"),
        ("SELECT id FROM t GROUP BY id", "aggregates"),
        ("SELECT DISTINCT id FROM t", "alike"),
        ("SELECT * FROM t JOIN u USING (id)", "joins"),
        ("SELECT * FROM t, u", "joins"),
        ("FROM t UNION ALL FROM u", "together"),
        ("SELECT 1", "no table"),
        ("SELECT * FROM plain", "keeps no provenance"),
        ("SELECT * FROM (SELECT id FROM t)", "leaves out"),
        ("SELECT * FROM (SELECT id, count(*) AS n FROM t GROUP BY id)", "aggregates"),
        ("WITH q AS (SELECT max(id) AS m FROM t) SELECT * FROM q", "aggregates"),
        ("SELECT id, 'x' AS _layer FROM t", "other values"),
        ("SELECT * REPLACE ('x' AS _layer) FROM t", "other values"),
        ("SELECT COLUMNS(* REPLACE ('x' AS _layer)) FROM t", "other values"),
        ("SELECT COLUMNS(*)::VARCHAR FROM t", "other values"),
        ("SELECT COLUMNS(*) || n FROM t", "other values"),
        ("SELECT string_agg(name, ',') FROM t", "aggregates"),
        ("SELECT list(id) FROM t", "aggregates"),
        ("SELECT arg_max(id, n) FROM t", "aggregates"),
        ("SELECT sum(n) FILTER (n > 1) AS s FROM t", "aggregates"),
        ("SELECT last(n IGNORE NULLS) AS l FROM t", "aggregates"),
        ("SELECT *, count(*) FILTER (n > 1) OVER () + max(n) AS s FROM t", "aggregates"),
        ("SELECT * FROM range(3)", "no table"),
        ("PIVOT t ON id", "pivots rows"),
        ("UNPIVOT t ON a, b INTO NAME n VALUE v", "pivots rows"),
        ("SELECT * FROM (PIVOT t ON id)", "pivots rows"),
        ("SUMMARIZE t", "no SELECT"),
        ("DESCRIBE t", "no SELECT"),
        ("EXPLAIN SELECT * FROM t", "no SELECT"),
        ("VALUES (1)", "reads no table"),
        (" -- nothing", "is empty"),
        ("FROM t; FROM t", "several statements"),
        ("(SELECT * FROM t)", "brackets"),
        ("FROM t AS x(a, b)", r"x\(...\) gives columns other names"),
        ("SELECT a FROM (SELECT * FROM t) AS x(a, b)", "other names"),
        ("WITH q(a, b) AS (FROM t) SELECT * FROM q", "other names"),
    ],
)
def test_rows_of_no_single_origin_are_refused(query, why):
    with pytest.raises(NoSingleOrigin, match=why):
        with_columns(query, NAMES, carries)


def test_what_is_refused_is_told_once(caplog):
    with pytest.raises(NoSingleOrigin):
        with_columns("EXPLAIN SELECT * FROM t", NAMES, carries)

    assert caplog.records == []
