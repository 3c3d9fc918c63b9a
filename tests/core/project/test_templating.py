"""Templates in SQL: what they may name, and that they can do no harm."""

import re
import time
from datetime import date

import pytest

from seeknal.project.templates import rendering
from seeknal.project.templates.rendering import Scope, render
from seeknal.values.location import Location
from seeknal.values.problems import Problems

TODAY = date(2024, 2, 29)
_NAME = re.compile(r"(\w+)'? is (?:undefined|not)|attribute '(\w+)'")


def rendered(text, params=None, **scope):
    problems = Problems()
    found = render(text, Scope(today=TODAY, **scope), params or {}, Location("a.yml", 10), problems)
    assert problems == []
    return found


def problem(text, **scope):
    problems = Problems()
    found = render(text, Scope(today=TODAY, **scope), {}, Location("a.yml", 10), problems)
    assert len(problems) == 1
    assert (found.text, found.ok) == (text, False)
    return problems[0]


def missing(text, **scope):
    """Names, lines and columns of all that a template of a node asks for in vain."""
    problems = Problems()
    place = Location("a.yml", 10, 1)
    render(text, Scope(today=TODAY, **scope), {"column": "a"}, place, problems)
    return [
        (_NAME.search(each.message).expand(r"\1\2"), each.location.line - 9) for each in problems
    ]


def test_a_text_without_template_is_left_alone():
    text = "SELECT '{#} {x} %}' FROM a -- {# no comment #}"

    assert rendered(text).text == text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{ limit }}", "5"),
        ("{{ var('limit') }}", "5"),
        ("{{ var('other', 'x') }}", "x"),
        ("{{ var('none', none) }}", "None"),
        ("{{ params.column }}", "amount"),
        ("{{ params['column'] }}", "amount"),
        ("{{ ref('source.a') }}", "ref('source.a')"),
        ("{{ ref('source', 'a') }}", "ref('source', 'a')"),
        ("{{ env_var('TZ') }}", "UTC"),
        ("{{ env_var('NONE', 'x') }}", "x"),
        ("{% if limit > 3 %}big{% else %}small{% endif %}", "big"),
        ("{% for n in [1, 2] %}{{ n }}{% if not loop.last %}, {% endif %}{% endfor %}", "1, 2"),
        ("{% set a = 3 %}{{ a }}", "3"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{{ '{#' }}", "{#"),
        ("'^[{#}]+$' {{ limit }} {# kept #}", "'^[{#}]+$' 5 {# kept #}"),
        ("{{ limit }}\n", "5\n"),
        ("{{ names | join(', ') }}", "a, b"),
        ("{{ limit ** 2 }}", "25"),
    ],
)
def test_names_and_blocks(text, result):
    found = rendered(
        text,
        {"column": "amount"},
        values={"limit": 5, "names": ["a", "b"]},
        environment={"TZ": "UTC"},
        listed=("TZ", "NONE"),
    )

    assert found.text == result


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("today", "2024-02-29"),
        ("run_date", "2024-02-29"),
        ("yesterday", "2024-02-28"),
        ("month_start", "2024-02-01"),
        ("year_start", "2024-01-01"),
        ("start_date", "2024-02-01"),
        ("end_date", "2024-02-29"),
    ],
)
def test_a_name_of_the_day_makes_the_text_depend_on_it(name, value):
    found = rendered(f"{{{{ {name} }}}}")

    assert (found.text, found.dated) == (value, True)


def test_a_name_in_a_branch_not_taken_counts_too():
    assert rendered("{% if false %}{{ today }}{% endif %}").dated
    assert not rendered("{{ limit }}", values={"limit": 1}).dated


def test_a_run_id_is_new_each_time():
    first, second = rendered("{{ run_id }}"), rendered("{{ run_id }}")

    assert first.volatile == "run_id"
    assert first.text != second.text


def test_snippets_of_common_may_use_each_other():
    aliases = {
        "orders": {"id": "order_id", "total": "{{ orders.price }} * {{ orders.count }}"}
        | {"price": "o.price", "count": "o.n"},
        "rules": {"valid": "{{ orders.id }} IS NOT NULL"},
        "transforms": {"sum": "sum({{ orders.total }})"},
    }

    found = rendered("{{ transforms.sum }} {{ rules.valid }}", aliases=aliases)

    assert found.text == "sum(o.price * o.n) order_id IS NOT NULL"


def test_a_snippet_of_the_day_makes_the_text_depend_on_it():
    aliases = {"rules": {"recent": "day >= '{{ month_start }}'", "other": "x"}}

    assert rendered("{{ rules.recent }}", aliases=aliases).dated
    assert not rendered("{{ rules.other }}", aliases=aliases).dated


def test_a_snippet_that_is_not_there_is_named():
    aliases = {"rules": {"valid": "x", "keys": "y"}}

    assert (
        "common/ has no attribute 'vaild'"
        in problem("SELECT {{ rules.vaild }}", aliases=aliases).message
    )
    assert rendered("{{ rules.keys }}", aliases=aliases).text == "y"


def test_snippets_in_a_circle_end_as_a_problem():
    aliases = {"rules": {"a": "{{ rules.b }}", "b": "{{ rules.a }}"}}

    assert "circle" in problem("SELECT {{ rules.a }}", aliases=aliases).message


def test_macros_are_found_by_name_and_through_their_file():
    macros = {
        "money": "{% macro cents(column) %}({{ column }} * 100){% endmacro %}\n",
        "dates": "{% macro day() %}{{ run_date }}{% endmacro %}",
    }

    found = rendered("{{ cents('a') }} {{ money.cents('b') }}", macros=macros)
    dated = rendered("{{ day() }}", macros=macros)

    assert (found.text, found.dated) == ("(a * 100) (b * 100)", False)
    assert (dated.text, dated.dated) == ("2024-02-29", True)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a\nb {{ limt }}", 11, "did you mean limit?"),
        ("a\n\n{{ params.x.y }}", 12, "no attribute 'x'"),
        ("{% if a %}", 10, "endif"),
        ("a\n{{ 1 + }}", 11, "unexpected"),
        ("{{ var('limt') }}", 10, "'limt' is not set"),
        ("{{ env_var('HOME') }}", 10, "not listed under vars.env"),
        ("{{ env_var('GONE') }}", 10, "not set and has no default"),
        ("{{ env_var('DB_PASSWORD', 'x') }}", 10, "looks like a secret"),
        ("{{ env_var('API_KEY') }}", 10, "looks like a secret"),
        ("{{ nothing() }}", 10, "undefined"),
        ("{% include 'a' %}", 10, "a"),
        ("{{ ''.__class__ }}", 10, "unsafe"),
        ("{{ [].append.__globals__ }}", 10, "unsafe"),
        ("{{ cycler.__init__.__globals__ }}", 10, "unsafe"),
    ],
)
def test_a_mistake_has_its_line(text, line, words):
    found = problem(text, values={"limit": 1}, listed=("GONE", "DB_PASSWORD", "API_KEY"))

    assert found.code == "SK0401"
    assert found.location.line == line
    assert words in f"{found.message} {found.help}"


def test_a_mistake_in_a_macro_names_the_macros_file():
    macros = {"m": "{% macro a() %}\n{{ nope }}\n{% endmacro %}"}

    found = problem("SELECT {{ a() }}", macros=macros)

    assert str(found.location) == "seeknal/macros/m.sql:2:4"


def test_a_macro_file_that_is_no_template_is_named():
    found = problem("SELECT {{ 1 }}", macros={"m": "SELECT 1\n{% macro %}"})

    assert str(found.location) == "seeknal/macros/m.sql:2:1"


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'x' * 2000000000 }}",
        "{{ 2000000000 * 'x' }}",
        "{{ [0] * 2000000000 }}",
        "{{ 10 ** 10000000 }}",
        "{% for a in range(90000) %}{{ 'x' * 1000 }}{% endfor %}",
        "{{ 'x' * 1048577 }}",
    ],
)
def test_a_text_that_grows_without_end_is_stopped_early(text):
    begin = time.monotonic()

    found = problem(text)

    assert found.code == "SK0402"
    assert time.monotonic() - begin < 2


def test_an_endless_loop_is_stopped(monkeypatch):
    monkeypatch.setattr(rendering, "MAX_SECONDS", 0.2)
    loop = "{% for a in range(9999) %}" * 3 + "{% endfor %}" * 3

    found = problem(loop)

    assert "longer than 0.2 s" in found.message


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ a }}\n{{ b.c }}\n{{ a }}", [("a", 1), ("b", 2)]),
        ("{{ a() }}{{ b | upper }}\n{{ c + 1 }}{{ 'x' ~ d }}", [*"abcd"]),
        ("{% for x in a %}{{ x.y }}{{ b }}{% else %}{{ c }}{% endfor %}{{ d }}", [*"ad"]),
        ("{% if a %}{{ b }}{% else %}{{ c }}{% endif %}{{ d }}", [*"ad"]),
        ("{% if 1 %}{{ a }}{% elif b %}{{ c }}{% else %}{{ d }}{% endif %}{{ e }}", [*"ae"]),
        ("{% if 0 %}{{ a }}{% elif b %}{{ c }}{% else %}{{ d }}{% endif %}{{ e }}", [*"be"]),
        ("{% if a == 1 or b %}{{ c }}{% endif %}", ["a"]),
        ("{% if not a %}{{ b }}{% endif %}{{ c }}", [*"ac"]),
        ("{% if a is defined %}{{ a }}{% else %}{{ b }}{% endif %}", ["b"]),
        ("{{ a | default('x') }}{{ b }}{{ c if d else e }}", [*"bd"]),
        ("{{ b or c }}{{ limit or d }}", ["b"]),
        ("{% set a = b %}{{ a }}{{ c }}", [*"bc"]),
        ("{{ var('a') }}{{ var('b') }}{{ env_var('C') or d }}", [*"abC"]),
        ("{% if var('a') == 1 %}{{ b }}{% else %}{{ c }}{% endif %}", ["a"]),
        ("{{ params.a }}{{ params[b] }}{{ params.d }}{{ c }}", [*"abc"]),
        ("{{ var(a ~ '_x') }}{{ b }}", [*"ab"]),
        ("{% set a %}{{ b }}_x{% endset %}{{ var(a) }}{{ c }}", [*"bc"]),
        ("{{ (a | list).append }}{{ a | first }}{{ a | join }}", ["a"]),
        ("{{ limit / a }}{{ 1 // (b | length) }}{{ c }}", [*"ab"]),
        ("{{ a in names }}{{ names[a] }}{{ b }}", [*"ab"]),
    ],
)
def test_all_that_a_template_asks_for_in_vain_is_told_at_once_and_nothing_else(text, names):
    lines = [name if isinstance(name, tuple) else None for name in names]

    found = missing(text, values={"limit": 1, "names": ["x"]})

    assert [name for name, _ in found] == [name[0] for name in names]
    assert [place for place, line in zip(found, lines, strict=True) if line] == [
        *filter(None, lines)
    ]


def test_all_that_a_macro_and_its_user_ask_for_is_told():
    macros = {"m": "{% macro m(c) %}\n{{ c }} {{ nope }}{% endmacro %}"}

    assert missing("{{ m(a) }}{{ m(1) }}{{ b }}", macros=macros) == [
        ("a", 1),
        ("nope", -7),
        ("b", 1),
    ]


def test_what_a_snippet_asks_for_is_told_where_it_is_used():
    aliases = {"rules": {"a": "x\n\n {{ nope }}", "b": "{{ rules.a }} {{ none_such }}"}}
    problems = Problems()

    render(
        "SELECT\n{{ rules.b }}", Scope(today=TODAY, aliases=aliases), {}, Location("a", 1), problems
    )

    assert [(each.message, each.location.line) for each in problems] == [
        ("template: 'nope' is undefined, in rules.b of common/", 2),
        ("template: 'none_such' is undefined, in rules.b of common/", 2),
    ]


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("{{ params.colum }}", "did you mean column?"),
        ("{{ params.xyz }}", "there are: column"),
        ("{{ rules.vaild }}", "did you mean valid?"),
        ("{{ cent(1) }}", "did you mean cents?"),
    ],
)
def test_the_nearest_names_are_given(text, help):
    problems = Problems()
    scope = Scope(
        today=TODAY,
        aliases={"rules": {"valid": "x"}},
        macros={"m": "{% macro cents(c) %}{% endmacro %}"},
    )

    render(text, scope, {"column": "a"}, Location("a", 1), problems)

    assert [each.help for each in problems] == [help]
