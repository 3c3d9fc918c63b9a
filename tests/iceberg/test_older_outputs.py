"""An output that is built once more because an older version stored no types is no new batch."""

from tests.core.run.test_stored_types import forget_types, without_metadata

NODE = """
kind: transform
name: t
transform: SELECT 1 AS id, 'b'::ENUM('b', 'a') AS e, sum(x) AS s FROM (VALUES (1)) AS r(x)
materializations:
  - {type: iceberg, table: atlas.s.t, mode: append}
"""


def test_rows_that_are_built_once_more_are_not_appended_again(seeknal_project, monkeypatch, lake):
    made = seeknal_project({"seeknal/t.yml": NODE})
    with monkeypatch.context() as older:
        older.setattr("seeknal.run.engine.copy_statement", without_metadata)
        made.run("run").assert_ok()
    forget_types(made)

    (step,) = made.run("run", "--format", "json").assert_ok().json()["nodes"]

    assert (step["status"], step["reason"]) == ("success", "its columns' types were not stored")
    assert lake(made, "atlas.s.t").scan().to_arrow().num_rows == 1
