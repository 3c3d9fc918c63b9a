"""Where a mistake stands that a template has brought into the SQL."""

import pytest

pytestmark = [pytest.mark.inside, pytest.mark.versions]

MACROS = (
    "{% macro plain() %}\n  nocolumn\n{% endmacro %}\n"
    "{% macro of(c) %}\nround({{ c }}, 2) + nocolumn\n{% endmacro %}\n"
)


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("SELECT id, {{ plain() }} AS b FROM ref('transform.a')", 12),
        ("SELECT {{ of('id') }} AS x, id FROM ref('transform.a')", 8),
        ("SELECT id, {{ of('nocolumn') }} AS x FROM ref('transform.a')", 19),
        ("SELECT id, nocolumn AS x, {{ of('id') }} AS y FROM ref('transform.a')", 12),
    ],
)
def test_it_stands_at_the_template(seeknal_project, sql, column):
    made = seeknal_project(
        {
            "seeknal/macros/m.sql": MACROS,
            "seeknal/a.sql": "SELECT 1 AS id",
            "seeknal/b.sql": sql,
        }
    )

    first, *_ = made.run("validate", "--format", "json").json()["problems"]

    assert (first["file"], first["line"], first["column"]) == ("seeknal/b.sql", 1, column)
