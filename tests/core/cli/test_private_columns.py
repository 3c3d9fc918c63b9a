"""The rows of the lineage page hide private values under every name that they are given."""

import pytest
from tests.core import private

pytestmark = pytest.mark.inside

NODES = """
    kind: transform
    name: contacts
    inputs: [{ref: source.people}]
    sql: |
      SELECT id, email AS contact, {'mail': upper(email)} AS card, md5(city) AS spot
      FROM ref('source.people')
    ---
    kind: transform
    name: letters
    inputs: [{ref: transform.contacts}]
    sql: |
      WITH found AS (SELECT spot, 'to ' || contact AS line FROM ref('transform.contacts'))
      SELECT spot, string_agg(line, ', ') AS lines FROM found GROUP BY spot
"""
PYTHON = """
    from seeknal.pipeline import transform

    @transform(name="scored", inputs=["transform.contacts"])
    def scored(ctx):
        frame = ctx.ref("transform.contacts").df()
        return frame.rename(columns={"contact": "who"})[["id", "who"]]
"""


@pytest.fixture
def project(seeknal_project):
    """A project that ran."""
    project = seeknal_project(
        {
            "seeknal/people.yml": private.PEOPLE,
            "seeknal/nodes.yml": NODES,
            "data/people.csv": "id,email,city\n1,ada@example.com,rome\n2,,rome\n",
        }
    )
    project.run("run").assert_ok()
    return project


def node(project, id):
    words = ("lineage", "--with-data", "--format", "json")
    nodes = project.run(*words).assert_ok().json()["nodes"]
    return next(entry for entry in nodes if entry["id"] == id)


def shown(project, id):
    """The first row of a node, by column."""
    preview = node(project, id)["preview"]
    return dict(zip(preview["columns"], sorted(preview["rows"], key=str)[0], strict=True))


def test_a_renamed_column_and_what_is_computed_from_it_are_masked(project):
    contacts, letters = shown(project, "transform.contacts"), shown(project, "transform.letters")

    assert contacts == {"id": "1", "contact": "***", "card": "***", "spot": contacts["spot"]}
    assert letters == {"spot": contacts["spot"], "lines": "***"}
    assert len(contacts["spot"]) == 32


def test_null_stays_null(project):
    rows = node(project, "transform.contacts")["preview"]["rows"]

    assert [row[1] for row in sorted(rows)] == ["***", None]


def test_rows_of_an_earlier_definition_are_masked_for_what_they_are_of_is_not_known(project):
    file = project.path / "seeknal/nodes.yml"
    file.write_text(file.read_text().replace("email AS contact", "city AS contact"))

    assert set(shown(project, "transform.contacts").values()) == {"***"}
    assert set(shown(project, "transform.letters").values()) == {"***"}


def test_every_column_is_masked_of_a_python_node_that_may_read_a_private_one(project):
    project.write({"seeknal/pipelines/scored.py": PYTHON})
    project.run("run").assert_ok()

    assert shown(project, "transform.scored") == {"id": "***", "who": "***"}


def test_the_document_says_of_each_column_whether_it_is_private(project):
    contacts = node(project, "transform.contacts")["columns"]

    assert {column["name"]: column["pii"] for column in contacts} == {
        "id": False,
        "contact": True,
        "card": True,
        "spot": False,
    }


def test_the_type_of_a_private_column_lists_no_values(project):
    file = project.path / "seeknal/nodes.yml"
    typed = "email::ENUM('ada@example.com', 'it''s') AS contact, city::ENUM('rome') AS town"
    nodes = file.read_text().replace("email AS contact", typed)
    file.write_text(nodes.partition("---\nkind: transform\nname: letters")[0])
    project.run("run").assert_ok()

    columns = {
        entry["name"]: entry["type"] for entry in node(project, "transform.contacts")["columns"]
    }
    catalog = project.run("catalog", "show", "contacts", "--format", "json").assert_ok().json()

    assert (columns["contact"], columns["town"]) == ("ENUM(***)", "ENUM('rome')")
    assert {entry["name"]: entry["type"] for entry in catalog["columns"]} == columns
