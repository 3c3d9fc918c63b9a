"""Slips in templates and in variables of the command line are told."""

import pytest

NODE = "kind: transform\nname: a\ntransform: {}\n"


def project(seeknal_project, sql, **more):
    files = {
        "seeknal_project.yml": "name: p\nvars: {region: 1}\n",
        "seeknal/a.yml": NODE.format(sql),
    }
    return seeknal_project({**files, **more})


def test_a_variable_that_nothing_uses_is_told_with_the_nearest_name(seeknal_project):
    made = project(seeknal_project, "select {{ region }} v")

    outcome = made.run("run", "--var", "regoin=2").assert_ok()

    assert "--var regoin" in outcome.stderr
    assert "region" in outcome.stderr.replace("regoin", "")


@pytest.mark.parametrize(
    ("sql", "variable", "more"),
    [
        ("select {{ region }} v", "region=2", {}),
        ("select 1 v", "region=2", {}),
        ("select {{ var('size', 3) }} v", "size=4", {}),
        ("select {{ size }} v", "size=4", {}),
        (
            "select {{ twice(2) }} v",
            "size=4",
            {"seeknal/macros/m.sql": "{% macro twice(x) %}{{ x * size | int }}{% endmacro %}"},
        ),
        (
            "select 1 v",
            "size=4",
            {
                "seeknal/pipelines/p.py": (
                    "from seeknal import transform\n\n\n@transform(name='p')\n"
                    "def p(ctx):\n    return [{'v': ctx.vars['size']}]\n"
                )
            },
        ),
        ("select '{{ today }}' v", "today=2024-01-01", {}),
    ],
)
def test_a_variable_that_something_uses_is_not_told(seeknal_project, sql, variable, more):
    made = project(seeknal_project, sql, **more)

    outcome = made.run("run", "--var", variable).assert_ok()

    assert "--var" not in outcome.stderr


@pytest.mark.parametrize(
    "sql",
    [
        "select '{{meeting, lunch}, {training, x}}' v",
        "select '{{name}}' v",
        "select '{% x' v",
        "select '{{' v",
    ],
)
def test_braces_that_are_no_template_get_a_hint_at_raw(seeknal_project, sql):
    outcome = project(seeknal_project, f'"{sql}"').run("validate")

    assert outcome.exit_code == 2
    assert "{% raw %}" in outcome.stderr + outcome.stdout


def test_what_the_hint_says_works(seeknal_project):
    sql = "\"select '{% raw %}{{meeting, lunch}, {training, x}}{% endraw %}' v\""

    project(seeknal_project, sql).run("run").assert_ok()
