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


OPTION = """

@hookimpl
def diff_options():
    from seeknal.plugin import DiffOption

    return [DiffOption(name="measures", metavar="NAME,...", help="Of measures.", alone=True)]
"""
ASKED = """asked: Mapping[str, Sequence[str]]) -> Iterable[Section]:
    if "measures" in asked:
        if "odd" in asked["measures"]:
            from seeknal.plugin import SeeknalError

            raise SeeknalError("there is no odd", code="SK9902")
        return [Section(name="asked", lines=tuple(asked["measures"]) or ("all",))]
"""


@pytest.fixture
def asking(tmp_path, monkeypatch, seeknal_project):
    """Two environments, and a plugin that takes an option of its own to compare them."""
    head = "b: Outputs) -> Iterable[Section]:\n"
    text = MEASURES.read_text()
    assert head in text
    text = text.replace(head, f"b: Outputs, {ASKED}") + OPTION
    install_plugin(tmp_path, "seeknal_asking_sections", text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits, semantic")
    project = seeknal_project(FILES)
    project.run("run").assert_ok()
    project.write({"orders.csv": MORE})
    project.run("run", "--env", "dev").assert_ok()
    return project


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["--measures"], ["all"]),
        (["--measures", "revenue,twice"], ["revenue", "twice"]),
        (["--measures=revenue"], ["revenue"]),
    ],
)
def test_an_option_of_a_plugin_asks_for_its_section_alone(asking, words, lines):
    shown = asking.run("diff", "prod", "dev", *words).assert_ok().stdout

    assert shown.splitlines() == ["asked", *(f"    {line}" for line in lines)]


def test_without_it_everything_is_compared(asking):
    shown = asking.run("diff", "prod", "dev").assert_ok().stdout

    assert "source.orders  3 -> 4 rows" in shown
    assert "revenue 35 -> 135" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--measures", "odd"], "error[SK9902]: there is no odd"),
        (["orders", "--measures"], "--measures compares no rows"),
        (["--keys", "id", "--measures"], "--measures compares no rows"),
        (["--measure"], "did you mean --measures?"),
    ],
)
def test_what_it_cannot_do_ends_the_command(asking, words, said):
    outcome = asking.run("diff", "prod", "dev", *words)

    assert outcome.exit_code == 2 or "SK9902" in outcome.stderr
    assert said in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_its_option_stands_in_the_help(asking):
    shown = asking.run("diff", "--help").assert_ok().stdout

    assert "--measures NAME,..." in shown
    assert "Of measures." in shown


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
