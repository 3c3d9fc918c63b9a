"""Audits that read other nodes by ref()."""

import pytest

pytestmark = pytest.mark.versions

FILES = {
    "data/a.csv": "id\n1\n2\n3\n",
    "data/b.csv": "id\n1\n2\n",
    "seeknal/a.yml": "kind: source\nname: a\nsource: csv\ntable: data/a.csv\n",
    "seeknal/b.yml": "kind: source\nname: b\nsource: csv\ntable: data/b.csv\n",
}
NODE = """kind: transform
name: t
transform: SELECT * FROM ref('source.a')
audits:
  - type: custom_sql
    sql: {}
"""


def project(seeknal_project, sql, **more):
    return seeknal_project({**FILES, "seeknal/t.yml": NODE.format(sql), **more})


@pytest.mark.parametrize(
    "ref",
    [
        "ref('source.b')",
        'ref("source.b")',
        "REF ( 'source.b' )",
        "ref('source', 'b')",
        "ref('b')",
        "{{{{ ref('source.b') }}}}",
    ],
)
def test_custom_sql_reads_a_node_by_ref_which_runs_first(seeknal_project, ref):
    sql = f"SELECT t.* FROM __THIS__ t ANTI JOIN {ref} b USING (id) -- not ref('source.x')"
    made = project(seeknal_project, f"|\n      {sql}".replace("{{{{", "{{").replace("}}}}", "}}"))

    made.run("validate").assert_ok()
    outcome = made.run("run", "--format", "json")

    assert outcome.exit_code == 1
    found = {step["node"]: step for step in outcome.json()["nodes"]}
    assert [audit["failing_rows"] for audit in found["transform.t"]["audits"]] == [1]


def test_custom_sql_may_name_its_own_node(seeknal_project):
    sql = "SELECT * FROM ref('transform.t') WHERE id > 3"

    project(seeknal_project, sql).run("run").assert_ok()


@pytest.mark.parametrize("name", ["source.bb", "bb", "t2"])
def test_a_ref_that_names_no_node_is_found_by_validate(seeknal_project, name):
    sql = f"SELECT * FROM __THIS__ ANTI JOIN ref('{name}') USING (id)"

    twice = {"seeknal/t2.sql": "SELECT 1 AS id", "seeknal/seeds/t2.csv": "id\n1\n"}

    outcome = project(seeknal_project, sql, **twice).run("validate")

    assert outcome.exit_code == 2
    assert f"names {name}, which is no node" in outcome.stderr + outcome.stdout


def test_an_audit_towards_a_descendant_says_where_it_belongs(seeknal_project):
    later = "kind: transform\nname: later\ntransform: SELECT * FROM ref('transform.t')\n"
    made = project(seeknal_project, "SELECT 1", **{"seeknal/later.yml": later})
    audits = "audits: [{type: relationships, column: id, to: transform.later}]\n"
    made.write({"seeknal/t.yml": NODE.partition("audits:")[0] + audits})

    outcome = made.run("validate")

    text = " ".join((outcome.stderr + outcome.stdout).split())
    assert outcome.exit_code == 2
    assert "put it on transform.later" in text
    assert "FROM ref('transform.t')" in text


def test_what_that_says_works(seeknal_project):
    later = (
        "kind: transform\nname: later\ntransform: SELECT * FROM ref('transform.t') WHERE id < 3\n"
        "audits:\n  - type: custom_sql\n"
        "    sql: SELECT t.* FROM ref('transform.t') t ANTI JOIN __THIS__ l USING (id)\n"
    )
    files = {"seeknal/later.yml": later, "seeknal/t.yml": NODE.partition("audits:")[0]}

    outcome = seeknal_project({**FILES, **files}).run("run", "--format", "json")

    found = {step["node"]: step for step in outcome.json()["nodes"]}
    assert found["transform.t"]["status"] == "success"
    assert [audit["failing_rows"] for audit in found["transform.later"]["audits"]] == [1]
