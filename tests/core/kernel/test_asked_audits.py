"""A node of a plugin's kind may ask audits of another node, which run with that one."""

import pytest
from tests.core.kernel.conftest import FILES, MEASURES
from tests.installed import install_plugin

pytestmark = pytest.mark.inside

DOUBLE = FILES["orders.csv"] + "3,east,1\n"
MODEL = "seeknal/models/sales.yml"


def result_of(project, node):
    ran = project.run("run", "--format", "json")
    return ran.exit_code, next(e for e in ran.json()["nodes"] if e["node"] == node)


def test_such_an_audit_runs_with_the_node_that_it_is_asked_of(shop):
    code, found = result_of(shop, "transform.clean_orders")

    assert code == 0
    assert [(each["type"], each["status"]) for each in found["audits"]] == [
        ("one_row_each", "passed")
    ]


def test_it_holds_that_node_back_as_one_of_its_own_would(shop):
    shop.run("run").assert_ok()
    shop.write({"orders.csv": DOUBLE})

    code, found = result_of(shop, "transform.clean_orders")

    assert code == 1
    assert found["status"] == "failed"
    assert "one_row_each(id): 1 value comes more than once" in found["error"]["message"]
    assert (found["error"]["file"], found["error"]["line"]) == (MODEL, 1)
    assert len(shop.rows("transform.clean_orders")) == 3


def test_its_severity_is_that_which_the_plugin_gives_it(shop):
    lax = FILES[MODEL].replace("entity: id", "entity: id\n        strict: false")
    shop.write({MODEL: lax, "orders.csv": DOUBLE})

    code, found = result_of(shop, "transform.clean_orders")

    assert code == 0
    assert [each["status"] for each in found["audits"]] == ["warned"]


def test_it_is_asked_again_when_the_node_that_asks_changes(shop):
    shop.run("run").assert_ok()
    shop.write({MODEL: FILES[MODEL].replace("entity: id", "entity: region")})

    code, found = result_of(shop, "transform.clean_orders")

    assert code == 1
    assert found["reason"] == "audits changed"


def test_a_column_that_is_not_there_is_told_before_a_run(shop):
    shop.write({MODEL: FILES[MODEL].replace("entity: id", "entity: idd")})

    checked = shop.run("validate")

    assert checked.exit_code == 2
    assert "names column 'idd', which is not there" in checked.stderr
    assert f"{MODEL}:5" in checked.stderr


@pytest.mark.parametrize("model", ["model.other", "rule.about"])
def test_a_node_without_rows_is_asked_nothing(shop, model):
    other = "{kind: model, name: other, model: transform.clean_orders}\n"
    rule = "{kind: rule, name: about, inputs: [source.orders], rule: {type: row_count}}\n"
    shop.write(
        {
            MODEL: FILES[MODEL].replace("ref('transform.clean_orders')", model),
            "seeknal/other.yml": other if model == "model.other" else rule,
        }
    )

    checked = shop.run("validate")

    assert checked.exit_code == 2
    assert f"model.sales asks {model} an audit, and it has no rows to audit" in checked.stderr


def test_a_plugin_that_asks_for_a_type_of_nobodys_is_told_of(
    tmp_path, monkeypatch, seeknal_project
):
    wrong = MEASURES.read_text().replace('type="one_row_each",\n', 'type="other",\n')
    install_plugin(tmp_path, "seeknal_wrong_measures", wrong)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits")

    checked = seeknal_project(FILES).run("validate")

    assert checked.exit_code == 2
    assert (
        "error[SK1005]: plugin 'wrong_measures' asks for an audit of type 'other'" in checked.stderr
    )
