"""What filters and expressions may say, and that everything else is refused by name."""

import logging
from decimal import Decimal

import pytest

from seeknal.plugin import SqlRefused
from seeknal_semantic.conditions import (
    And,
    Between,
    Call,
    Comparison,
    Constant,
    In,
    Is,
    Like,
    MetricOf,
    Name,
    Not,
    Or,
    leaves,
)
from seeknal_semantic.expressions import check_expression, check_formula, columns_of
from seeknal_semantic.filters import parse_filter

pytestmark = pytest.mark.inside

A, B, C = (Name(text=text) for text in "abc")


def number(value):
    return Constant(value=value, type="number")


def text(value):
    return Constant(value=value, type="text")


@pytest.mark.parametrize(
    ("written", "tree"),
    [
        ("a", A),
        ("TRUE", Constant(value=True, type="boolean")),
        ("a AND b AND c", And(parts=(A, B, C))),
        ("a OR b AND NOT c", Or(parts=(A, And(parts=(B, Not(part=C)))))),
        ("(a OR b) AND c", And(parts=(Or(parts=(A, B)), C))),
        ("a = 'it''s'", Comparison(operator="=", left=A, right=text("it's"))),
        ("a <> 1.50", Comparison(operator="<>", left=A, right=number(Decimal("1.50")))),
        ("-1 <= a", Comparison(operator="<=", left=number(-1), right=A)),
        ("a IN ('x', 1)", In(value=A, options=(text("x"), number(1)))),
        ("a NOT IN (1)", Not(part=In(value=A, options=(number(1),)))),
        ("a BETWEEN 1 AND 2", Between(value=A, low=number(1), high=number(2))),
        ("a LIKE 'x%'", Like(value=A, pattern=text("x%"))),
        ("a NOT LIKE 'x%'", Not(part=Like(value=A, pattern=text("x%")))),
        ("a IS NULL", Is(value=A, what="null")),
        ("a IS NOT TRUE", Not(part=Is(value=A, what="true"))),
        ("(a > b) IS FALSE", Is(value=Comparison(operator=">", left=A, right=B), what="false")),
        (
            "a >= DATE '2026-01-31'",
            Comparison(operator=">=", left=A, right=Constant(value="2026-01-31", type="date")),
        ),
        (
            "lower(coalesce(a, b, 'x')) = 'y'",
            Comparison(
                operator="=",
                left=Call(
                    function="lower",
                    arguments=(Call(function="coalesce", arguments=(A, B, text("x"))),),
                ),
                right=text("y"),
            ),
        ),
        (
            "metric('bookings', 'listing') > 2",
            Comparison(
                operator=">",
                left=MetricOf(metric="bookings", entities=("listing",)),
                right=number(2),
            ),
        ),
        ("\"Order\" = 'x'", Comparison(operator="=", left=Name(text="Order"), right=text("x"))),
    ],
)
def test_a_filter_becomes_a_tree(written, tree):
    assert parse_filter(written) == tree


def test_a_filter_says_what_it_names_and_where():
    found = leaves(parse_filter("a = 1 AND\n  metric('m', 'e') > customer__b"))

    places = [(getattr(leaf, "text", "metric"), leaf.line, leaf.column) for leaf in found]
    assert places == [("a", 1, 1), ("metric", 2, 3), ("customer__b", 2, 22)]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "no expression"),
        ("5", "a condition is needed"),
        ("'x'", "a condition is needed"),
        ("1; DROP TABLE x", "';'"),
        ("DROP TABLE x", "no expression"),
        ("SELECT 1", "no expression"),
        ("a IN (SELECT 1)", "SELECT"),
        ("a = (SELECT 1)", "SELECT"),
        ("EXISTS (SELECT 1)", "EXISTS"),
        ("a IN (b)", "list of values"),
        ("a + 1 > 2", "a + 1"),
        ("CASE WHEN a THEN b END", "CASE"),
        ("a::DATE = 1", "'::'"),
        ("CAST('2026-01-01' AS DATE) = a", "'CAST'"),
        ("TRY_CAST('2026-01-01' AS DATE) = a", "TRY_CAST"),
        ("a = now()", "NOW()"),
        ("a = getenv('HOME')", "GETENV"),
        ("read_csv('x')", "READ_CSV"),
        ("a -- b", "comment"),
        ("a /* b */", "comment"),
        ("a = $1", "$1"),
        ("a = ?", "?"),
        ("o.a = 1", "named by entities"),
        ("*", "no expression"),
        ("count(*) > 1", "COUNT(*)"),
        ("sum(a) OVER () > 1", "OVER"),
        ("trim(LEADING FROM a) = 'x'", "TRIM"),
        ("a COLLATE nocase = 'x'", "COLLATE"),
        ("a[1] = 1", "a[1]"),
        ("DATE 'x' = a", "no date"),
        ("DATE '2026-02-30' = a", "no date"),
        ("metric('a')", "takes a metric and an entity"),
        ("metric(a, b) > 1", "takes a metric and an entity"),
        ("a = 'x", "not closed"),
        ("a = 1 LIMIT 2", "syntax error"),
        ("a, b", "syntax error"),
        ("a = 1 AS b", "no expression"),
        ("a ~ 'x'", "REGEXP"),
        ("E'x' = a", "e'x'"),
        ("a" + " AND (a" * 3000, ""),
    ],
)
def test_everything_else_is_refused_by_name(written, told):
    with pytest.raises(SqlRefused) as caught:
        parse_filter(written)

    assert told in str(caught.value)


@pytest.mark.parametrize(
    "written", ["a + 1", "CASE WHEN a THEN 1 END", "date_trunc('day', a)", "1"]
)
def test_an_expression_computes_with_the_columns_of_a_row(written):
    check_expression(written)


def test_an_expression_says_which_columns_it_reads():
    assert columns_of('a + "B c" * coalesce(a, s.field)') == ("a", "B c", "s")


@pytest.mark.parametrize(
    "written", ["sum(a)", "count(*)", "a OVER ()", "SELECT 1", "a; b", "*", "a AS b", "(SELECT 1)"]
)
def test_what_is_no_expression_over_one_row_is_refused(written):
    with pytest.raises(SqlRefused):
        check_expression(written)


@pytest.mark.parametrize("written", ["now()", "a || 'x'", "a::INT", "a[1]", "random()", "sum(a)"])
def test_an_expression_over_metrics_computes_with_numbers_alone(written):
    with pytest.raises(SqlRefused):
        check_formula(written)


@pytest.mark.parametrize("written", ["grant x", "show", "show tables", "call x()", "vacuum"])
def test_a_statement_is_refused_in_our_words_alone(caplog, written):
    caplog.set_level(logging.WARNING, "sqlglot")

    with pytest.raises(SqlRefused, match=r"no expression|nothing after it"):
        parse_filter(written)

    assert caplog.records == []
