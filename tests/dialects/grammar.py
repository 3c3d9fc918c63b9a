"""Which expressions of a dialect are drawn at random: rules by the type that they give.

A rule is a text with the types of its parts in braces. Types are families: ``int``, ``big``,
``dec``, ``dbl``, ``text``, ``bool``, ``date``, ``ts``, ``span``; ``agg`` and ``win`` stand at the
top only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from random import Random

from attrs import evolve, frozen

_PART = re.compile(r"\{(\w+)\}")

LEAVES = {
    "int": ["i", "j", "i", "j", "id", "0", "1", "2", "-3", "7"],
    "big": ["big", "CAST(i AS BIGINT)"],
    "dec": ["c", "f", "c", "f", "1.5", "0.25", "-2.0"],
    "dbl": ["x", "y"],
    "text": ["s", "t", "s", "t", "''", "'a'", "'B'", "'ab'", "'ä'", "' x '", "'12'"],
    "bool": ["p", "q", "(i > 2)", "(s = t)", "TRUE", "FALSE"],
    "date": ["d", "e", "DATE '2024-02-29'", "DATE '2023-12-31'"],
    "ts": ["ts", "u", "TIMESTAMP '2024-03-10 01:02:03'"],
    "span": ["INTERVAL '1' MONTH", "INTERVAL '1' DAY", "INTERVAL '90' MINUTE"],
}

_LISTS = {
    "duckdb": ["[i, j]", "[1, NULL, 3]", "[id]"],
    "postgres": ["ARRAY[i, j]", "ARRAY[3]"],
    "spark": ["array(i, j)", "array(1, NULL, 3)"],
}
_ANY = ("int", "big", "dec", "dbl", "text", "bool", "date", "ts", "list")
_EACH = [
    (of, text.replace("{T}", f"{{{of}}}"))
    for of in _ANY
    for text in (
        "coalesce({T}, {T})",
        "nullif({T}, {T})",
        "CASE WHEN {bool} THEN {T} ELSE {T} END",
        "CASE WHEN {bool} THEN {T} END",
        "greatest({T}, {T})",
        "least({T}, {T})",
    )
] + [
    ("bool", text.replace("{T}", f"{{{of}}}"))
    for of in _ANY
    for text in (
        "({T} = {T})",
        "({T} < {T})",
        "({T} >= {T})",
        "({T} IS NULL)",
        "({T} IS DISTINCT FROM {T})",
        "({T} IN ({T}, {T}))",
        "({T} NOT IN ({T}, NULL))",
        "({T} BETWEEN {T} AND {T})",
    )
]
_NUMBERS = [
    (of, text.replace("{T}", f"{{{of}}}"))
    for of in ("int", "big", "dec", "dbl")
    for text in ("({T} + {T})", "({T} - {T})", "({T} * {T})", "(- {T})", "abs({T})")
] + [
    ("int", "({int} % {int})"),
    ("big", "({big} % {int})"),
    ("big", "({int} + {big})"),
    ("dec", "({int} + {dec})"),
    ("dec", "({dec} * {int})"),
    ("dec", "({dec} % {int})"),
    ("dbl", "({dbl} + {int})"),
    ("dbl", "({dec} * {dbl})"),
    ("dbl", "({dbl} / {int})"),
    ("dec", "round({dec}, 1)"),
    ("dec", "round({dec})"),
    ("dec", "floor({dec})"),
    ("dec", "ceil({dec})"),
    ("dbl", "floor({dbl})"),
    ("dbl", "ceil({dbl})"),
    ("dbl", "round({dbl})"),
    ("dbl", "sqrt(abs({dbl}))"),
    ("dbl", "ln(abs({dbl}) + 1)"),
    ("int", "CAST({dbl} AS INTEGER)"),
    ("int", "CAST({dec} AS INTEGER)"),
    ("int", "CAST({bool} AS INTEGER)"),
    ("int", "CAST({text} AS INTEGER)"),
    ("dec", "CAST({int} AS DECIMAL(12,2))"),
    ("dec", "CAST({dbl} AS DECIMAL(12,3))"),
    ("dec", "CAST({dec} AS DECIMAL(10,1))"),
]
_TEXTS = [
    ("text", "({text} || {text})"),
    ("text", "concat({text}, {text})"),
    ("text", "upper({text})"),
    ("text", "lower({text})"),
    ("text", "trim({text})"),
    ("text", "ltrim({text}, 'a ')"),
    ("text", "reverse({text})"),
    ("text", "substr({text}, {int})"),
    ("text", "substr({text}, {int}, 2)"),
    ("text", "left({text}, {int})"),
    ("text", "right({text}, {int})"),
    ("text", "lpad({text}, 4, 'xy')"),
    ("text", "rpad({text}, 2, '*')"),
    ("text", "replace({text}, {text}, '_')"),
    ("text", "repeat({text}, 2)"),
    ("text", "split_part({text}, ',', 2)"),
    ("text", "split_part({text}, ' ', -1)"),
    ("text", "translate({text}, 'ab', 'x')"),
    ("text", "concat_ws('-', {text}, {text})"),
    ("text", "regexp_replace({text}, '[a-c]', 'X')"),
    ("text", "regexp_replace({text}, '([a-z])b', 'X', 'g')"),
    ("text", "CAST({int} AS VARCHAR)"),
    ("text", "CAST({dec} AS VARCHAR)"),
    ("text", "CAST({dbl} AS VARCHAR)"),
    ("text", "CAST({bool} AS VARCHAR)"),
    ("text", "CAST({date} AS VARCHAR)"),
    ("text", "CAST({ts} AS VARCHAR)"),
    ("int", "CAST(length({text}) AS INTEGER)"),
    ("int", "CAST(strpos({text}, {text}) AS INTEGER)"),
    ("bool", "({text} LIKE 'a%')"),
    ("bool", "({text} LIKE '%_b%')"),
    ("bool", "({text} LIKE '%!%%' ESCAPE '!')"),
    ("bool", "({text} ILIKE '%B')"),
    ("bool", "starts_with({text}, {text})"),
]
_TEXTS += [
    ("text", "left({text}, 2)"),
    ("text", "rtrim({text})"),
    ("text", "rtrim({text}, {text})"),
    ("text", "replace({text}, {text}, {text})"),
    ("text", "repeat({text}, {int} % 4)"),
    ("text", "split_part({text}, 'a', -2)"),
    ("text", "lpad({text}, {int} % 9, 'é')"),
    ("text", "concat_ws({text}, {text}, {int})"),
    ("int", "ascii({text})"),
    ("bool", "({text} LIKE {text})"),
    ("bool", "({bool} > {bool})"),
    ("date", "CAST({text} AS DATE)"),
    ("dbl", "CAST({text} AS DOUBLE PRECISION)"),
    ("big", "CAST({text} AS BIGINT)"),
    ("date", "CAST(date_trunc('month', {date}) AS DATE)"),
    ("text", "CAST(({list})[1] AS VARCHAR)"),
    ("int", "CAST(({list})[2] AS INTEGER)"),
]
_NUMBERS += [
    ("dbl", "trunc({dbl})"),
    ("dec", "trunc({dec})"),
    ("dbl", "exp({dbl} / 1e12)"),
    ("dbl", "power({dbl}, 2)"),
    ("dbl", "power({int}, {int} % 3)"),
    ("dbl", "cbrt({dbl})"),
    ("int", "({int} & {int})"),
    ("int", "({int} | {int})"),
    ("int", "(~ {int})"),
    ("dec", "({dec} % 7)"),
    ("dec", "({dec} % {dec})"),
    ("dec", "CAST({dec} AS DECIMAL(38,2))"),
    ("dec", "CAST({dec} AS DECIMAL(38,10))"),
    ("dec", "coalesce({dec}, {int})"),
    ("dec", "CASE WHEN {bool} THEN {dec} ELSE 0.00 END"),
    ("dec", "greatest({dec}, {big}, {dec})"),
    ("bool", "({dec} IN ({dec}, {int}))"),
]
_TRUTHS = [
    ("bool", "({bool} AND {bool})"),
    ("bool", "({bool} OR {bool})"),
    ("bool", "(NOT {bool})"),
    ("bool", "({bool} IS NOT TRUE)"),
    ("bool", "({int} < {dec})"),
    ("bool", "({dec} = {dbl})"),
    ("bool", "({date} < {ts})"),
]
_DATES = [
    ("date", "({date} + {int})"),
    ("date", "({date} - 1)"),
    ("date", "CAST({ts} AS DATE)"),
    ("ts", "CAST({date} AS TIMESTAMP)"),
    ("ts", "({ts} + {span})"),
    ("ts", "({ts} - {span})"),
    ("ts", "({date} + {span})"),
    ("ts", "date_trunc('month', {ts})"),
    ("ts", "date_trunc('week', {ts})"),
    ("ts", "date_trunc('hour', {ts})"),
    ("span", "({ts} - {ts})"),
    ("int", "CAST(extract(year FROM {date}) AS INTEGER)"),
    ("int", "CAST(extract(dow FROM {date}) AS INTEGER)"),
    ("int", "CAST(extract(week FROM {date}) AS INTEGER)"),
    ("int", "CAST(extract(doy FROM {date}) AS INTEGER)"),
    ("int", "CAST(extract(day FROM {ts}) AS INTEGER)"),
    ("dbl", "CAST(extract(epoch FROM {ts}) AS DOUBLE PRECISION)"),
]
_AGGREGATES = [
    ("agg", "count({text})"),
    ("agg", "count(DISTINCT {int})"),
    *(("agg", f"sum({{{of}}})") for of in ("int", "big", "dec", "dbl")),
    *(("agg", f"avg({{{of}}})") for of in ("int", "dec", "dbl")),
    *(("agg", f"{of}({{{what}}})") for of in ("min", "max") for what in ("int", "text", "date")),
    ("agg", "string_agg({text}, ',' ORDER BY id)"),
    ("agg", "bool_and({bool})"),
    ("agg", "stddev({dbl})"),
    ("agg", "sum({int}) FILTER (WHERE {bool})"),
    ("agg", "CAST(sum({dec}) AS VARCHAR)"),
    ("agg", "bool_or({bool})"),
    ("agg", "bit_or({int})"),
    ("agg", "bit_and({int})"),
    ("agg", "var_pop({dbl})"),
    ("agg", "max({dbl}) FILTER (WHERE {bool})"),
    ("agg", "array_agg({text} ORDER BY id DESC)"),
    ("agg", "CAST(sum({int}) AS VARCHAR)"),
    ("agg", "coalesce(sum({int}), 0)"),
    ("agg", "coalesce(sum({dec}), 0)"),
    ("agg", "coalesce(sum({dec}), 0.0)"),
    ("agg", "coalesce(sum({dec}), max({dec}))"),
    ("agg", "greatest(sum({dec}), sum({dec}))"),
    ("agg", "(sum({dec}) > min({dec}))"),
    ("agg", "(sum({dec}) % max({dec}))"),
    ("agg", "sum(CASE WHEN {bool} THEN {dec} ELSE 0 END)"),
    ("agg", "(sum({int}) + sum({dec}))"),
    ("agg", "(sum({dec}) / count({int}))"),
    ("agg", "(avg({dbl}) - avg({dec}))"),
    ("agg", "round(avg({dec}))"),
    ("agg", "(max({dbl}) / min({dec}))"),
    ("agg", "(count(*) FILTER (WHERE {bool}))"),
    *(("agg", f"count(DISTINCT {{{of}}})") for of in ("dbl", "text", "ts", "bool")),
    *(("agg", f"{of}({{{what}}})") for of in ("min", "max") for what in ("dec", "dbl", "ts")),
    ("agg", "stddev_pop({int})"),
    ("agg", "variance({dec})"),
]
_ROW_BY_ROW = "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW"
_WINDOWS = [
    *(
        ("win", f"{of} OVER (PARTITION BY {{bool}} ORDER BY id)")
        for of in ("sum({int})", "avg({dec})", "min({text})", "max({dbl})", "count({date})")
    ),
    *(("win", f"lag({{{of}}}) OVER (ORDER BY id)") for of in _ANY[:-1]),
    *(("win", f"lead({{{of}}}, 2) OVER (ORDER BY id DESC)") for of in _ANY[:-1]),
    *(("win", f"rank() OVER (ORDER BY {{{of}}})") for of in _ANY[:-1]),
    *(("win", f"dense_rank() OVER (ORDER BY {{{of}}} DESC)") for of in _ANY[:-1]),
    *(("win", f"count(*) OVER (PARTITION BY {{{of}}})") for of in _ANY[:-1]),
    ("win", "first_value({text}) OVER (ORDER BY {int}, id)"),
    ("win", "last_value({dec}) OVER (ORDER BY {date}, id)"),
    ("win", "ntile(3) OVER (ORDER BY {dbl}, id)"),
    ("win", "percent_rank() OVER (ORDER BY {dec})"),
    ("win", "cume_dist() OVER (ORDER BY {bool})"),
    ("win", "coalesce(sum({dec}) OVER (PARTITION BY {bool}), {dec})"),
    *(("win", f"{of} OVER (ORDER BY id {_ROW_BY_ROW})") for of in ("sum({dec})", "max({int})")),
]
_SHARED = [*_EACH, *_NUMBERS, *_TEXTS, *_TRUTHS, *_DATES, *_AGGREGATES, *_WINDOWS]

_DUCKDB = [
    ("int", "xor({int}, {int})"),
    ("text", "strftime({ts}, '%a %b %-d, %H:%M')"),
    ("text", "strftime({date}, '%A %j %B %y')"),
    ("date", "CAST(strptime(strftime({date}, '%Y%m%d'), '%Y%m%d') AS DATE)"),
    ("ts", "strptime(strftime({ts}, '%d.%m.%Y %H:%M'), '%d.%m.%Y %H:%M')"),
    ("text", "greatest({text}, {text}, {text})"),
    ("bool", "ends_with({text}, {text})"),
    ("text", "({text})[2]"),
    ("dbl", "power({dbl}, -1)"),
    ("ts", "date_trunc('minute', {ts})"),
    ("int", "CAST(second({ts}) AS INTEGER)"),
    ("big", "epoch_ms({ts})"),
    ("text", "trim({text}, {text})"),
    ("int", "CAST(strlen({text}) AS INTEGER)"),
    ("agg", "quantile_cont({int}, 0.3)"),
    ("agg", "quantile_disc({int}, 0.25)"),
    ("int", "({int} // {int})"),
    ("dbl", "({int} / {int})"),
    ("dbl", "({dec} / {int})"),
    ("dbl", "CAST({int} AS DOUBLE)"),
    ("dbl", "TRY_CAST({text} AS DOUBLE)"),
    ("int", "TRY_CAST({text} AS INTEGER)"),
    ("int", "CAST(date_diff('month', {date}, {date}) AS INTEGER)"),
    ("int", "CAST(date_diff('week', {date}, {date}) AS INTEGER)"),
    ("int", "CAST(date_diff('hour', {ts}, {ts}) AS INTEGER)"),
    ("int", "CAST(date_sub('month', {date}, {date}) AS INTEGER)"),
    ("int", "CAST(({date} - {date}) AS INTEGER)"),
    ("date", "last_day({date})"),
    ("text", "strftime({date}, '%d.%m.%Y')"),
    ("text", "{text}[2]"),
    ("text", "{text}[-2:]"),
    ("bool", "contains({text}, {text})"),
    ("bool", "regexp_matches({text}, '^[a-c]+')"),
    ("bool", "regexp_full_match({text}, '[a-z]*')"),
    ("text", "regexp_extract({text}, '[a-z]+')"),
    ("int", "({list})[1]"),
    ("int", "({list})[-1]"),
    ("int", "CAST(len({list}) AS INTEGER)"),
    ("bool", "list_contains({list}, {int})"),
    ("list", "list_append({list}, {int})"),
    ("list", "({list} || {list})"),
    ("list", "list_sort({list})"),
    ("list", "({list})[2:3]"),
    ("list", "list_transform({list}, lambda v: v + 1)"),
    ("text", "CAST({list} AS VARCHAR)"),
    *(("int", f"sign({{{of}}})") for of in ("int", "dec", "dbl")),
    ("int", "({int} // 3)"),
    ("int", "({int} % 4)"),
    *(
        ("dbl", f"({{{one}}} / {{{other}}})")
        for one, other in (("int", "dbl"), ("dec", "dec"), ("dbl", "dec"), ("dbl", "dbl"))
    ),
    ("dbl", "({dbl} / 4)"),
    ("dbl", "({dbl} * 1e2)"),
    ("text", "left({text}, 2)"),
    ("text", "right({text}, 1)"),
    ("text", "substr({text}, 2, 3)"),
    ("text", "replace({text}, 'a', {text})"),
    ("text", "md5({text})"),
    *(("ts", f"date_trunc('{unit}', {{date}})") for unit in ("year", "quarter", "week")),
    *(("ts", f"date_trunc('{unit}', {{ts}})") for unit in ("year", "quarter", "day")),
    *(
        ("int", f"CAST(extract({unit} FROM {{ts}}) AS INTEGER)")
        for unit in ("quarter", "hour", "minute", "dow", "week")
    ),
    *(("int", f"CAST({name}({{date}}) AS INTEGER)") for name in ("year", "dayofyear", "dayofweek")),
    ("int", "CAST(date_diff('day', {date}, {date}) AS INTEGER)"),
    ("int", "CAST(date_diff('year', {date}, {ts}) AS INTEGER)"),
    ("int", "CAST(date_diff('month', {ts}, {ts}) AS INTEGER)"),
    ("date", "({date} + 30)"),
    *(
        ("big", f"date_diff('{unit}', {{ts}}, {{ts}})")
        for unit in ("day", "quarter", "minute", "second")
    ),
    *(("big", f"{name}({{date}})") for name in ("dayofweek", "isodow", "month")),
    ("big", "date_diff('month', {date}, {date})"),
    ("text", "dayname({date})"),
    ("text", "ltrim({text})"),
    ("text", "rtrim({text}, 'a ')"),
    ("dbl", "pow({dbl}, 2)"),
    ("int", "({int} & {int})"),
    ("bool", "({bool} < {bool})"),
    ("bool", "greatest({bool}, {bool})"),
    ("agg", "count_if({bool})"),
    ("agg", "bit_or({int})"),
    ("agg", "median({int})"),
    ("agg", "median({dbl})"),
    ("agg", "quantile_cont({dbl}, 0.3)"),
    ("agg", "list({int} ORDER BY id)"),
]
_POSTGRES = [
    ("text", 'upper({text} COLLATE "C")'),
    ("text", 'lower({text} COLLATE "pg_c_utf8")'),
    ("bool", '({text} COLLATE "C" < {text})'),
    ("text", "rpad({text}, 3)"),
    ("text", "substring({text} from {int} for {int})"),
    ("int", "octet_length({text})"),
    ("dec", "sign({dec})"),
    ("dbl", "sign({dbl})"),
    ("dbl", "ln({dbl})"),
    ("dbl", "log({dbl})"),
    ("dbl", "power({dbl}, {dbl})"),
    ("dbl", "round({int})"),
    ("int", "({int} # {int})"),
    ("dec", "extract(epoch FROM {ts})"),
    ("dec", "extract(second FROM {ts})"),
    ("span", "age({date}, {date})"),
    ("text", "to_char({ts}, 'YYYY-MM-DD HH24:MI:SS')"),
    ("date", "make_date({int}, 1 + abs({int} % 12), 28)"),
    ("agg", "percentile_cont(0.3) WITHIN GROUP (ORDER BY {int})"),
    ("agg", "percentile_disc(0.25) WITHIN GROUP (ORDER BY {int})"),
    ("agg", "percentile_disc(0.5) WITHIN GROUP (ORDER BY {date})"),
    ("agg", "every({bool})"),
    ("bool", "({text} ~* '^[a-b]+ ?')"),
    ("text", "substring({text} from '([a-z])b')"),
    ("text", "regexp_replace({text}, '[^a-z]', '-', 'g')"),
    ("int", "regexp_count({text}, '[a-c]')"),
    ("text", "btrim({text}, {text})"),
    ("bool", "({text} LIKE '%!_%' ESCAPE '!')"),
    ("int", "({int} / {int})"),
    ("dec", "({dec} / {dec})"),
    ("dec", "round({dec} / {int}, 2)"),
    ("dec", "({int} / {dec})"),
    ("dbl", "CAST({dec} / {dec} AS DOUBLE PRECISION)"),
    ("agg", "(sum({int}) / count(*))"),
    ("agg", "(sum({big}) / 7)"),
    ("agg", "(sum({int} + {big}) / sum({int}))"),
    ("agg", "round(100.0 * sum({dec}) / sum({dec}), 2)"),
    ("agg", "avg({big})"),
    ("dec", "trunc({dec}, 1)"),
    ("dbl", "CAST({int} AS DOUBLE PRECISION)"),
    ("int", "({date} - {date})"),
    ("span", "age({ts}, {ts})"),
    ("text", "initcap({text})"),
    ("text", "to_char({ts}, 'Day, DD Month YYYY HH12:MI AM')"),
    ("text", "to_char({date}, 'FMDD. Mon YY Q')"),
    ("date", "to_date(to_char({date}, 'DD/MM/YYYY'), 'DD/MM/YYYY')"),
    ("text", "to_char({date}, 'YYYY-MM-DD')"),
    ("text", "substring({text} from '[a-z]+')"),
    ("bool", "({text} ~ '^[a-c]+')"),
    ("bool", "({text} ~* 'B')"),
    ("text", "btrim({text}, 'a ')"),
    ("int", "({list})[1]"),
    ("int", "cardinality({list})"),
    ("int", "array_length({list}, 1)"),
    ("bool", "({int} = ANY({list}))"),
    ("list", "array_append({list}, {int})"),
    ("list", "({list} || {list})"),
    ("list", "array_remove({list}, {int})"),
    ("text", "array_to_string({list}, ',')"),
    ("text", "CAST({list} AS TEXT)"),
    ("agg", "percentile_cont(0.3) WITHIN GROUP (ORDER BY {dbl})"),
    ("agg", "array_agg({int} ORDER BY id)"),
]

_SPARK = [
    ("int", "CAST(({int} DIV 3) AS INT)"),
    ("int", "pmod({int}, 4)"),
    ("text", "date_format({ts}, 'EEEE, d MMM yy HH:mm')"),
    ("date", "to_date(date_format({date}, 'dd/MM/yyyy'), 'dd/MM/yyyy')"),
    ("dbl", "months_between({ts}, {date})"),
    ("text", "upper({text})"),
    ("text", "lower({text})"),
    ("date", "({date} + INTERVAL 2 MONTH)"),
    ("ts", "({ts} - INTERVAL 90 MINUTE)"),
    ("date", "trunc({ts}, 'quarter')"),
    ("bool", "array_contains({list}, {int})"),
    ("int", "size({list})"),
    ("agg", "percentile({dbl}, 0.3)"),
    ("dbl", "({int} / {int})"),
    ("dbl", "({dbl} / {dbl})"),
    ("dbl", "({dbl} / 4)"),
    ("dbl", "CAST({dec} AS DOUBLE)"),
    ("dbl", "ln({dec})"),
    ("dbl", "sqrt({int})"),
    ("dbl", "power({dbl}, 2)"),
    ("dbl", "sign({dec})"),
    ("big", "floor({dbl})"),
    ("big", "ceil({dbl})"),
    ("dec", "round({dec}, 1)"),
    ("text", "concat({text}, {text}, {text})"),
    ("text", "ltrim({text})"),
    ("text", "rtrim({text})"),
    ("text", "left({text}, 2)"),
    ("text", "right({text}, 1)"),
    ("text", "substr({text}, 2, 3)"),
    ("text", "md5({text})"),
    ("text", "dayname({date})"),
    ("bool", "contains({text}, {text})"),
    ("bool", "endswith({text}, {text})"),
    ("bool", "({int} <=> {int})"),
    ("bool", "({bool} < {bool})"),
    ("bool", "isnull({dec})"),
    ("int", "instr({text}, 'b')"),
    *(("int", f"{name}({{date}})") for name in ("year", "dayofweek", "weekday", "weekofyear")),
    *(("int", f"{name}({{ts}})") for name in ("month", "hour", "second", "quarter")),
    ("int", "datediff({date}, {date})"),
    ("int", "datediff({ts}, {date})"),
    ("date", "date_add({date}, {int})"),
    ("date", "date_sub({date}, 30)"),
    ("date", "add_months({date}, {int})"),
    ("date", "last_day({date})"),
    ("date", "to_date({ts})"),
    ("agg", "count_if({bool})"),
    ("agg", "median({int})"),
    ("agg", "any_value({int})"),
    ("agg", "bit_or({int})"),
    ("agg", "every({bool})"),
]
_GRAMMARS = {"duckdb": _DUCKDB, "postgres": _POSTGRES, "spark": _SPARK}
_SPELLED = {
    "spark": {
        " AS VARCHAR)": " AS STRING)",
        " AS TIMESTAMP)": " AS TIMESTAMP_NTZ)",
        "TIMESTAMP '": "TIMESTAMP_NTZ '",
        "DOUBLE PRECISION": "DOUBLE",
    }
}
"""What a dialect writes otherwise."""


@frozen
class Expression:
    """A tree of a rule's text and its parts."""

    of: str
    text: str
    parts: tuple[Expression, ...] = ()

    def __str__(self) -> str:
        parts = iter(self.parts)
        return _PART.sub(lambda _: str(next(parts)), self.text)

    def size(self) -> int:
        return 1 + sum(part.size() for part in self.parts)

    def within(self) -> Iterator[Expression]:
        """Every tree below this one, the largest first."""
        for part in self.parts:
            yield part
            yield from part.within()

    def smaller(self, leaves: Mapping[str, list[str]]) -> Iterator[Expression]:
        """This with one tree of it replaced by something smaller of the same type."""
        for inner in self.within():
            if inner.of == self.of:
                yield inner
        if self.parts and self.of in leaves:
            yield from (Expression(self.of, leaf) for leaf in leaves[self.of])
        for place, part in enumerate(self.parts):
            for other in part.smaller(leaves):
                parts = (*self.parts[:place], other, *self.parts[place + 1 :])
                yield evolve(self, parts=parts)


@frozen(kw_only=True)
class Grammar:
    """What a dialect's expressions are made of, by the type that each gives."""

    rules: Mapping[str, list[str]]
    leaves: Mapping[str, list[str]]

    def drawn(self, random: Random, of: str, depth: int) -> Expression:
        """A random expression of a type that is at most ``depth`` rules deep."""
        # Aggregates and windows are never leaves; else every fifth part ends early.
        if of not in ("agg", "win") and (depth <= 0 or random.random() < 0.2):
            return Expression(of, random.choice(self.leaves[of]))
        text = random.choice(self.rules[of])
        parts = tuple(self.drawn(random, part, depth - 1) for part in _PART.findall(text))
        return Expression(of, text, parts)


def grammar(dialect: str) -> Grammar:
    """The grammar of a dialect: ``duckdb``, ``postgres`` or ``spark``."""
    found: dict[str, list[str]] = {}
    for of, text in [*_SHARED, *_GRAMMARS[dialect]]:
        found.setdefault(of, []).append(_spelled(text, dialect))
    leaves = {of: [_spelled(text, dialect) for text in texts] for of, texts in LEAVES.items()}
    return Grammar(rules=found, leaves={**leaves, "list": _LISTS[dialect]})


def _spelled(text: str, dialect: str) -> str:
    for one, other in _SPELLED.get(dialect, {}).items():
        text = text.replace(one, other)
    return text
