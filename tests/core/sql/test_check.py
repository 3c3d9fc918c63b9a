"""What counts as one query that only reads."""

import pytest

from seeknal.sql.check import SqlRefused, check_query

pytestmark = [pytest.mark.inside, pytest.mark.versions]

HARMLESS = [
    "SELECT 1",
    "SELECT 1;",
    "-- a comment\nSELECT 1 -- another",
    "/* one /* in */ another */ SELECT 1",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "VALUES (1)",
    "FROM t",
    "FROM t SELECT a QUALIFY row_number() OVER () = 1",
    "SELECT 'DELETE FROM t; DROP TABLE t' AS \"insert\"",
    "SELECT $$; DROP TABLE t$$",
    "SELECT replace(a, 'x', 'y'), a LIKE 'copy', a GLOB ('*') FROM t",
    "SELECT * EXCLUDE (a) FROM information_schema.tables",
    "SELECT * FROM range(3), unnest([1]), t",
]


@pytest.mark.parametrize("sql", HARMLESS)
def test_a_query_passes(sql):
    check_query(sql)


REFUSED = [
    "",
    "-- nothing",
    "SELECT 1; SELECT 2",
    "SELECT 1) q --",
    "SELECT '",
    "SELECT /* open",
    "SELECT 1 \0",
    "INSERT INTO t VALUES (1)",
    "UPDATE t SET a = 1",
    "DELETE FROM t",
    "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
    "TRUNCATE t",
    "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a",
    "WITH a AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM a",
    "SELECT * INTO x FROM t",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP VIEW x AS SELECT 1",
    "ALTER TABLE t ADD COLUMN a INT",
    "DROP TABLE t",
    "COMMENT ON TABLE t IS 'x'",
    "COPY t TO 'x.csv'",
    "COPY (SELECT 1) TO 'x.csv'",
    "EXPORT DATABASE 'x'",
    "ATTACH 'x.db'",
    "DETACH x",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "SET threads = 1",
    "RESET threads",
    "CALL pragma_version()",
    "USE x",
    "VACUUM",
    "CHECKPOINT",
    "BEGIN",
    "PREPARE a AS SELECT 1",
    "EXECUTE a",
    "EXPLAIN ANALYZE SELECT 1",
    "SELECT checkpoint()",
    "FROM force_checkpoint()",
    "FROM truncate_duckdb_logs()",
    "SELECT write_log('x')",
    "SELECT nextval('s')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('allowed_paths')",
    "FROM duckdb_settings()",
    "FROM duckdb_secrets()",
    "SELECT sleep_ms(1000)",
    "SELECT " + "(" * 1000 + "1" + ")" * 1000,
]


@pytest.mark.parametrize("sql", REFUSED, ids=lambda sql: sql[:40].replace("\0", "NUL"))
def test_anything_else_is_refused(sql):
    with pytest.raises(SqlRefused):
        check_query(sql, allow_files=True)


OUTSIDE = [
    "FROM 'x.csv'",
    'FROM "x.csv"',
    "FROM x.parquet",
    "FROM 'a/b'",
    'FROM "https://example.com/x"',
    "FROM read_csv('x')",
    "FROM Read_Parquet(['x'])",
    "FROM read_text('/etc/passwd')",
    "SELECT (SELECT max(content) FROM read_blob('/etc/passwd'))",
    "SELECT 1 WHERE EXISTS (FROM glob('*'))",
    "WITH a AS (FROM sniff_csv('x')) FROM a",
    "FROM t, LATERAL (FROM parquet_metadata('x'))",
    "FROM sqlite_scan('x', 'y')",
    "FROM query('DROP TABLE t')",
    "FROM query_table('t')",
    "FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM t JOIN read_json_auto('x') USING (a)",
]


@pytest.mark.parametrize("sql", OUTSIDE)
def test_reading_from_outside_is_refused(sql):
    with pytest.raises(SqlRefused):
        check_query(sql)


DISGUISED = [
    "SELECT 1 -- \r, {read}",
    "SELECT 1 /* /* */ */ , {read} --",
    "SELECT e'a\\'', {read} --'",
    "SELECT '\\' , {read} --'",
    "SELECT $a$ $b$ $a$, {read} --$b$",
    "SELECT $$ ' $$, {read} --'",
    "SELECT [1, {read}]",
    "SELECT sum(1) OVER (ORDER BY {read})",
    "SELECT 1 LIMIT {read}",
    "FROM a: read_text('x')",
    "FROM main.\"Read_Text\"('x')",
    "FROM range(1) POSITIONAL JOIN read_text('x')",
    "FROM (DESCRIBE FROM read_text('x'))",
    "FROM (PIVOT read_text('x') ON size)",
    "FROM $$x.csv$$",
    "FROM E'x.csv'",
    "FROM s.a.'b.csv'",
]


@pytest.mark.parametrize("sql", DISGUISED)
def test_a_disguise_does_not_help(sql):
    with pytest.raises(SqlRefused):
        check_query(sql.format(read="(SELECT max(content) FROM read_text('x'))"))


@pytest.mark.parametrize("sql", ["FROM 'x.csv'", "FROM read_csv('x')", "FROM glob('*')"])
def test_reading_from_outside_may_be_allowed(sql):
    check_query(sql, allow_files=True)


POSTGRES_REFUSED = [
    "SELECT 1 FOR UPDATE",
    "SELECT * FROM (SELECT * FROM t FOR SHARE) q",
    "SELECT * INTO TEMP x FROM t",
    "SELECT 1; COMMIT; DELETE FROM t",
    "SELECT 1; SET TRANSACTION READ WRITE",
    "SELECT dblink_exec('x')",
    "SELECT * FROM dblink('x') AS t(a int)",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_terminate_backend(1)",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_reload_conf()",
    "SELECT pg_sleep(100)",
    "SELECT set_config('role', 'x', false)",
    "SELECT query_to_xml('SELECT evil()', true, true, '')",
    "SELECT nextval('s')",
]


@pytest.mark.parametrize("sql", POSTGRES_REFUSED)
def test_what_a_read_only_transaction_would_not_stop_is_refused(sql):
    with pytest.raises(SqlRefused):
        check_query(sql, dialect="postgres")


@pytest.mark.parametrize(
    "sql",
    ["SELECT E'a\\n; delete'", "SELECT $$drop$$", "VALUES (1)", "SELECT a::jsonb ->> 'x' FROM s.t"],
)
def test_a_query_of_postgresql_passes(sql):
    check_query(sql, dialect="postgres")


def test_a_refusal_has_a_place_and_plain_text():
    with pytest.raises(SqlRefused) as caught:
        check_query("SELECT *\nFROM t WHERE a = = 1")

    assert caught.value.line == 2
    assert caught.value.column > 0
    assert "\x1b" not in str(caught.value)


def test_many_terms_are_no_trouble():
    check_query("SELECT 1 FROM t WHERE " + " OR ".join(f"a = {n}" for n in range(5000)))
