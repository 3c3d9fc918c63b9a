"""The run's DuckDB and what is written with it."""

from seeknal.run import engine as engine_module
from seeknal.run.engine import Engine, open_instance, store
from seeknal.values.relations import Scan


def test_all_databases_of_a_run_together_have_its_memory(tmp_path):
    def limits():
        return [con.execute("SELECT current_setting('memory_limit')").fetchall() for con in open_]

    engine = Engine(tmp_path, "1GiB")
    open_ = [engine.cursor()]
    alone = limits()

    open_ += [engine.open_own({}, tmp_path / "one"), engine.open_own({}, tmp_path / "two")]
    three = limits()
    for own in open_[1:]:
        engine.close_own(own)
    del open_[1:]

    assert alone == [[("1.0 GiB",)]]
    assert three == [[("341.3 MiB",)]] * 3
    assert limits() == alone
    engine.close()


def test_rows_that_come_instead_of_others_have_a_file_that_these_never_had(tmp_path, monkeypatch):
    # DuckDB removes the file of a COPY that failed at any time after that.
    write, paths = engine_module._write_scan, []

    def noted(cursor, rows, path, *more):
        paths.append(path)
        return write(cursor, rows, path, *more)

    monkeypatch.setattr(engine_module, "_write_scan", noted)
    cursor = open_instance()
    rows = Scan("SELECT error('stop') AS a FROM range(3)", instead=lambda _: Scan("SELECT 2 AS a"))

    scan = store(cursor, rows, tmp_path / "rows.parquet")

    assert cursor.execute(scan.sql).fetchall() == [(2,)]
    assert len(paths) == 2
    assert paths[0] not in (paths[1], tmp_path / "rows.parquet")
    cursor.close()
