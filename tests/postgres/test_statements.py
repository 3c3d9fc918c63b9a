"""Statements that cannot be part of a delivery are known by their words."""

import pytest

from seeknal_postgres.statements import fault_of, may_change_rows


@pytest.mark.parametrize(
    "statement",
    [
        "COMMIT",
        "  /* a /* b */ */ commit ;",
        "-- why\nROLLBACK TO x",
        "end",
        "Abort",
        "BEGIN",
        "START TRANSACTION",
        "SAVEPOINT x",
        "RELEASE x",
        "PREPARE TRANSACTION 'x'",
    ],
)
def test_what_ends_or_divides_a_transaction_is_refused(statement):
    assert "the transaction of the delivery" in fault_of(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "VACUUM t",
        "create database x",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)",
        "DROP INDEX CONCURRENTLY i",
        "REINDEX INDEX CONCURRENTLY i",
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
        "ALTER SYSTEM SET x = 1",
        "DISCARD ALL",
    ],
)
def test_what_runs_in_no_transaction_is_refused(statement):
    assert "cannot be part of a transaction" in fault_of(statement)


@pytest.mark.parametrize("statement", ["SELECT 1; SELECT 2", "SELECT 1; COMMIT", "; COMMIT"])
def test_several_statements_are_refused(statement):
    assert "several statements" in fault_of(statement)


@pytest.mark.parametrize("statement", ["", "  ", "-- nothing", "/* nothing */"])
def test_a_text_without_a_statement_is_refused(statement):
    assert fault_of(statement) == "there is no statement in it"


@pytest.mark.parametrize("statement", ["COPY t FROM STDIN", "copy t to stdout"])
def test_what_would_talk_with_seeknal_is_refused(statement):
    assert fault_of(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT SELECT ON t TO x;",
        "SELECT 'a; COMMIT'",
        "SELECT E'a\\'; COMMIT'",
        'SELECT 1 AS "; commit"',
        "DO $$ BEGIN PERFORM 1; END $$",
        "DO $body$ BEGIN PERFORM '$$'; END $body$ ;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "PREPARE x AS SELECT 1",
        "SELECT commit FROM t -- COMMIT; VACUUM",
    ],
)
def test_what_only_looks_like_it_is_none(statement):
    assert fault_of(statement) is None


@pytest.mark.parametrize(
    ("statement", "may"),
    [
        ("grant select on t to x", False),
        ("ANALYZE t", False),
        ("SELECT f()", True),
        ("WITH a AS (DELETE FROM t RETURNING 1) SELECT 1", True),
        ("TRUNCATE t", True),
        ("DO $$ BEGIN END $$", True),
    ],
)
def test_which_statements_may_change_rows(statement, may):
    assert may_change_rows(statement) is may
