"""A plugin adds to what a plan and a comparison say."""

import pytest
from tests.core.kernel.conftest import FILES, MEASURES
from tests.installed import install_plugin

pytestmark = pytest.mark.inside

MORE = FILES["orders.csv"] + "4,east,100\n"
CLEAN = FILES["seeknal/clean.yml"].replace("amount FROM", "amount * 2 AS amount FROM")


def test_a_plan_says_what_it_touches(shop):
    shop.run("run").assert_ok()
    none = shop.run("plan").assert_ok().stdout
    shop.write({"seeknal/clean.yml": CLEAN})

    shown = shop.run("plan").assert_ok().stdout
    found = shop.run("plan", "--format", "json").assert_ok().json()

    assert "measures" not in none
    assert "measures\n    revenue may be other\n    twice may be other\n" in shown
    assert found["sections"] == [{"name": "measures", "data": ["revenue", "twice"]}]


@pytest.mark.parametrize("words", [["run", "--dry-run"], ["apply", "--yes"]])
def test_so_do_other_commands_that_show_a_plan(shop, words):
    shop.run("run").assert_ok()
    shop.write({"seeknal/clean.yml": CLEAN})

    shown = shop.run(*words).assert_ok()

    assert shown.stdout.count("revenue may be other") == 1


def test_a_comparison_says_how_what_it_knows_has_moved(shop):
    shop.run("run").assert_ok()
    shop.write({"orders.csv": MORE})
    shop.run("run", "--env", "dev").assert_ok()

    shown = shop.run("diff", "prod", "dev").assert_ok().stdout
    found = shop.run("diff", "prod", "dev", "--format", "json").assert_ok().json()
    back = shop.run("diff", "dev@1", "prod@1").assert_ok().stdout

    assert shown.endswith("measures\n    revenue 35 -> 135\n    twice 70 -> 270\n")
    assert found["sections"] == [
        {"name": "measures", "data": {"revenue": [35, 135], "twice": [70, 270]}}
    ]
    assert "measures" not in back


def test_what_it_raises_is_a_warning(tmp_path, monkeypatch, seeknal_project):
    text = MEASURES.read_text().replace("    moved = [", "    int('no')\n    moved = [")
    install_plugin(tmp_path, "seeknal_raising_sections", text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits")
    project = seeknal_project(FILES)

    text = project.run("plan").assert_ok()
    found = project.run("plan", "--format", "json").assert_ok().json()

    said = "plugin 'raising_sections' failed in plan_sections: invalid literal"
    assert f"warning: {said}" in text.stderr
    assert [text for text in found["warnings"] if said in text]
    assert found["sections"] == []
