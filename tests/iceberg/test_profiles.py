"""Which catalog a node means, and that its secrets stay in the profile."""

import pytest

NODE = (
    "kind: transform\nname: t\ntransform: SELECT 1 AS a\n"
    "materialization: {table: TABLE, mode: append}\n"
)
CANARY = "c4n4ry-t0ken"


def test_a_catalog_of_the_profile_serves_every_node_that_names_none(seeknal_project, tmp_path):
    from pyiceberg.catalog import load_catalog

    properties = {
        "uri": f"sqlite:///{tmp_path / 'c.db'}",
        "warehouse": (tmp_path / "w").as_uri(),
    }
    made = seeknal_project(
        {
            "profiles.yml": "materialization:\n  default_table_prefix: atlas.shop\n"
            f"  catalog: {{type: sql, uri: '{properties['uri']}',"
            f" warehouse: '{properties['warehouse']}'}}\n",
            "seeknal/t.yml": NODE.replace("TABLE", "t"),
        }
    )

    made.run("run").assert_ok()

    table = load_catalog("atlas", type="sql", **properties).load_table("shop.t")
    assert table.scan().to_arrow().to_pylist() == [{"a": 1}]


def test_a_connection_is_a_catalog_of_its_own(seeknal_project, tmp_path):
    made = seeknal_project(
        {
            "profiles.yml": "connections:\n  lake: {type: iceberg,"
            f" uri: 'sqlite:///{tmp_path / 'c.db'}', warehouse: '{(tmp_path / 'w').as_uri()}'}}\n",
            "seeknal/t.yml": "kind: transform\nname: t\ntransform: SELECT 1 AS a\n"
            "materializations: [{type: iceberg, connection: lake, table: shop.t}]\n",
        }
    )

    made.run("run").assert_ok()

    assert (tmp_path / "w").exists()
    assert not (made.path / ".seeknal/iceberg").exists()


@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_a_token_appears_nowhere(seeknal_project, debug):
    made = seeknal_project(
        {
            "profiles.yml": "materialization:\n  catalog: {type: rest, uri: 'http://127.0.0.1:1',"
            f" warehouse: w, token: {CANARY}, s3_secret_access_key: {CANARY}-s3}}\n",
            "seeknal/t.yml": NODE.replace("TABLE", "a.b.c"),
            "seeknal/s.yml": "kind: source\nname: s\nsource: iceberg\ntable: a.b.d\n",
        }
    )

    outcome = made.run(*debug, "run")

    written = "".join(
        path.read_text(errors="replace") for path in made.path.glob("target/**/*") if path.is_file()
    )
    assert outcome.exit_code == 1
    assert "catalog" in outcome.stderr
    assert CANARY not in outcome.stdout + outcome.stderr + written
