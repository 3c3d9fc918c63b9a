"""A rollback writes again what it has to, and leaves a table that went back by its own history."""

import pytest

pytestmark = pytest.mark.inside

NODE = """
    kind: transform
    name: t
    sql: SELECT v FROM ref('source.s')
    materializations:
      - {type: iceberg, table: atlas.rb.t}
      - {type: file, path: out/t.csv}
"""
SOURCE = "{kind: source, name: s, source: csv, table: data/s.csv}\n"


def test_beside_a_file_that_is_written_again_a_table_that_went_back_is_left(seeknal_project, lake):
    made = seeknal_project({"data/s.csv": "v\n1\n", "seeknal/s.yml": SOURCE, "seeknal/t.yml": NODE})
    made.run("run").assert_ok()
    first = lake(made, "atlas.rb.t").current_snapshot().snapshot_id
    made.write({"data/s.csv": "v\n2\n"})
    made.run("run").assert_ok()

    made.run("rollback", "prod", "--yes").assert_ok()

    assert lake(made, "atlas.rb.t").current_snapshot().snapshot_id == first
    assert (made.path / "out/t.csv").read_text() == "v\n1\n"
