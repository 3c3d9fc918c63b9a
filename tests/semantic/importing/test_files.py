"""Which files an import reads and writes, and what it does with those that are wrong."""

import pytest
from tests.semantic.importing.test_left_out import MODEL

pytestmark = pytest.mark.inside

METRIC = "  - {name: m, type: simple, type_params: {measure: total}}\n"
PLAIN = MODEL + METRIC


def files_below(project):
    return {
        str(path.relative_to(project.path)): path.read_text()
        for path in (project.path / "seeknal").rglob("*.yml")
    }


def test_what_was_written_and_what_was_not_is_said_in_words(project):
    made = project(PLAIN + "  - {name: n, type: simple, type_params: {measure: gone}}\n")

    said = made.run("metrics", "import", "dbt").assert_ok()

    assert said.stdout.splitlines() == [
        "seeknal/semantic/semantic.yml: 1 semantic model, 1 metric",
        "not carried over:",
        "  dbt/semantic.yml:15  metric n: it needs measure gone, not carried over",
    ]


def test_each_file_becomes_one_of_the_same_name(project):
    files = [
        ("dbt/marts/more.yaml", "metrics:\n" + METRIC.replace("name: m,", "name: n,")),
        ("dbt/schema.yml", "version: 2\nmodels: [{name: orders, columns: [{name: a}]}]\n"),
        ("dbt/dbt_packages/x.yml", "semantic_models: [{name: other}]\n"),
        ("dbt/target/x.yml", "semantic_models: [{name: other}]\n"),
    ]
    made = project(PLAIN, files)

    answer = made.run("metrics", "import", "dbt", "--format", "json").assert_ok().json()

    assert [entry["file"] for entry in answer["written"]] == [
        "seeknal/semantic/marts/more.yml",
        "seeknal/semantic/semantic.yml",
    ]
    assert answer["left_out"] == []


def test_one_file_may_be_given(project):
    made = project(PLAIN)

    made.run("metrics", "import", "dbt/semantic.yml").assert_ok()

    made.run("metrics", "show", "m").assert_ok()


def test_another_folder_may_be_written_to(project, tmp_path):
    made = project(PLAIN)

    made.run("metrics", "import", "dbt", "-o", str(tmp_path / "out")).assert_ok()

    assert "seeknal/semantic/semantic.yml" not in files_below(made)
    assert "kind: metric" in (tmp_path / "out" / "semantic.yml").read_text()


def test_a_folder_that_is_none_is_told(project):
    made = project(PLAIN)

    refused = made.run("metrics", "import", "dbt", "-o", "seeknal/rows.yml/x")

    assert refused.exit_code == 2
    assert "cannot be written: Not a directory" in refused.stderr


def test_a_dry_run_writes_nothing(project):
    made = project(PLAIN)
    before = files_below(made)

    said = made.run("metrics", "import", "dbt", "--dry-run").assert_ok()

    assert "semantic.yml: 1 semantic model, 1 metric (not written)" in said.stdout
    assert files_below(made) == before


def test_a_file_that_is_there_is_not_replaced_without_being_asked(project):
    made = project(PLAIN)
    made.run("metrics", "import", "dbt").assert_ok()
    before = files_below(made)
    made.write({"dbt/semantic.yml": PLAIN.replace("name: m,", "name: other,")})

    refused = made.run("metrics", "import", "dbt")
    after = files_below(made)
    asked = made.run("metrics", "import", "dbt", "--force")

    assert refused.exit_code == 2
    assert "SK1541" in refused.stderr
    assert "--force" in refused.stderr
    assert after == before
    asked.assert_ok()
    assert "name: other" in files_below(made)["seeknal/semantic/semantic.yml"]


def test_a_name_that_the_project_has_already_is_left_to_it(project):
    own = "{kind: metric, name: M, type: simple, measure: total}\n"
    made = project(PLAIN)
    made.run("metrics", "import", "dbt").assert_ok()
    made.write({"seeknal/metrics.yml": own})
    (made.path / "seeknal/semantic/semantic.yml").unlink()
    made.write({"seeknal/metrics.yml": "# nothing\n", "seeknal/own.yml": MODEL_OF_OURS})

    answer = made.run("metrics", "import", "dbt", "--format", "json").assert_ok().json()

    (left,) = answer["left_out"]
    assert (left["line"], left["what"]) == (14, "metric m")
    assert "there is one of that name: seeknal/own.yml" in left["why"]


MODEL_OF_OURS = """
kind: semantic_model
name: mine
model: ref('transform.orders')
measures: [{name: sold, expr: amount}]
---
{kind: metric, name: M, type: simple, measure: sold}
"""


def test_an_import_that_would_break_what_there_is_writes_nothing(project):
    ours = MODEL_OF_OURS.replace("sold", "total")
    made = project(PLAIN.replace("name: m,", "name: other,"), [("seeknal/own.yml", ours)])
    before = files_below(made)

    refused = made.run("metrics", "import", "dbt")

    assert refused.exit_code == 2
    assert "SK1502" in refused.stderr
    assert "seeknal/own.yml" in refused.stderr
    assert files_below(made) == before


def test_what_is_wrong_already_is_in_nobodys_way(project):
    wrong = "{kind: transform, name: w, sql: \"SELECT nothing FROM ref('source.customers')\"}\n"
    made = project(PLAIN, [("seeknal/w.yml", wrong)])

    imported = made.run("metrics", "import", "dbt").assert_ok()

    assert made.run("validate").exit_code == 2
    assert imported.stdout == "seeknal/semantic/semantic.yml: 1 semantic model, 1 metric\n"


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("null", True),
        ("on", True),
        ("a: b", False),
        ("x\\nkind: source", False),
        ("Gr\u00f6\u00dfe", False),
        ("1", False),
    ],
)
def test_a_name_is_a_name_whatever_stands_in_it(project, name, taken):
    made = project(PLAIN.replace("name: m,", f'name: "{name}",'))

    made.run("metrics", "import", "dbt").assert_ok()

    made.run("validate").assert_ok()
    metrics = [node for node in listed(made) if node.startswith("metric.")]
    assert metrics == ([f"metric.{name}"] if taken else [])


def listed(project):
    return [each["node"] for each in project.run("list", "--format", "json").assert_ok().json()]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("semantic_models:\n  - name: [a\n", "SK0102", "dbt/semantic.yml:3"),
        ("metrics:\n\t- name: a\n", "SK0102", "dbt/semantic.yml:2"),
        ("metrics:\n  - {name: a, name: b}\n", "SK0103", "dbt/semantic.yml:2"),
        (b"metrics: \xff\n", "SK0101", "dbt/semantic.yml"),
        ("metrics: &a [*a]\n", "SK0104", "dbt/semantic.yml:1"),
        ("models: [{name: a}]\n", "SK1540", "dbt"),
        ("just words\n", "SK1540", "dbt"),
        ("", "SK1540", "dbt"),
    ],
)
def test_a_file_that_is_no_yaml_or_says_nothing_is_told_with_its_place(project, text, code, place):
    made = project(text)

    refused = made.run("metrics", "import", "dbt")

    assert refused.exit_code == 2, refused
    assert code in refused.stderr
    assert place in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_path_that_is_not_there_is_told(project):
    refused = project(PLAIN).run("metrics", "import", "nowhere")

    assert refused.exit_code == 2
    assert "there is no nowhere" in refused.stderr


def test_an_unknown_dialect_is_told_before_anything(project):
    refused = project(PLAIN).run("metrics", "import", "dbt", "--from-dialect", "klingon")

    assert refused.exit_code == 2
    assert "klingon" in refused.stderr


ODD = [
    "semantic_models: [1, null, {name: 3}, {name: a, model: 5}, []]\n",
    "metrics: [{name: m, type: simple, type_params: 3}, {type: simple}, {name: []}, 'x']\n",
    "metrics: [{name: m, type: derived, type_params: {expr: 'a', metrics: [1]}}]\n",
    "metrics: [{name: m, type: derived, type_params: {expr: 5, metrics: []}}]\n",
    "models: [{name: a, semantic_model: {enabled: yes}, columns: 3, metrics: 5}]\n",
    "models: [{name: orders, semantic_model: 7, columns: [{name: 5, entity: 7, dimension: []}]}]\n",
    "models: [{name: orders, time_spine: x}]\n",
    "models: [{name: orders, semantic_model: true, derived_semantics: [], columns: [3]}]\n",
    "models: [{name: orders, semantic_model: true, columns: [{name: a b, dimension: time}]}]\n",
    "saved_queries: [{name: q, query_params: [1]}, {name: r, query_params: {metrics: {a: 1}}}]\n",
    'saved_queries: [{name: q, query_params: {metrics: m, group_by: ["Dimension("]}}]\n',
    "metrics: [{name: m, type: conversion, type_params: {conversion_type_params: {entity: a}}}]\n",
    "metrics: [{name: 'a.b', type: simple, type_params: {measure: 'x y'}}]\n",
    'metrics: [{name: "\\u0000", type: ratio, type_params: {numerator: 1}}]\n',
]


@pytest.mark.parametrize("text", ODD)
def test_whatever_a_file_says_is_left_out_and_never_a_defect(project, text):
    made = project(text)

    said = made.run("metrics", "import", "dbt")

    assert said.exit_code in (0, 2), said
    assert "Traceback" not in said.stderr
    assert "SK0001" not in said.stderr
    assert said.exit_code or "not carried over" in said.stdout
