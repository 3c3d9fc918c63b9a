"""SQL that names a node without rows as a table is refused where it does."""

import pytest
from tests.core.project.conftest import NEIGHBOURS

pytest.importorskip("seeknal_audits", reason="a rule's check is an audit of the plugin")

FILE = "seeknal/transforms/t.sql"
OTHERS = {
    **NEIGHBOURS,
    "seeknal/others.yml": "kind: exposure\nname: sheet\ninputs: [source.a]\n---\n"
    "kind: rule\nname: sane\ninputs: [source.a]\nrule: {type: not_null, columns: [x]}\n---\n"
    "kind: exposure\nname: alone\n",
}


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("exposure.sheet", "exposure.sheet"),
        ("ref('exposure.sheet') AS s", "exposure.sheet"),
        ("ref('sheet')", "exposure.sheet"),
        ("{{ ref('sheet') }}", "exposure.sheet"),
        ('"exposure.sheet"', "exposure.sheet"),
        ("rule.sane", "rule.sane"),
    ],
)
def test_it_is_told_what_to_query_instead(problems, written, id):
    (found,) = problems({**OTHERS, FILE: f"SELECT 1 AS one,\n  * FROM {written}\n"})

    assert (found.code, found.message) == ("SK0354", f"{id} keeps no rows of its own")
    assert (found.location.line, found.location.column) == (2, 10 + 3 * written.startswith("{"))
    assert found.help == "query what it reads: source.a"


def test_one_that_reads_nothing_has_nothing_to_query_instead(problems):
    (found,) = problems({**OTHERS, FILE: "SELECT * FROM exposure.alone\n"})

    assert found.help == "query another node: those of kind exposure have no rows"


def test_a_column_or_a_cte_of_its_name_is_none(load):
    text = (
        "WITH sheet AS (FROM ref('source.a')) SELECT sheet.x, '\"exposure\".\"sheet\"' FROM sheet"
    )

    project = load({**OTHERS, FILE: text})

    assert "transform.t" in project.nodes
