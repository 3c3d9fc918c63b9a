"""The compiler as one who answers cases: projects are read, queries compiled and run."""

import json
import tempfile
from functools import lru_cache
from pathlib import Path

import yaml

from seeknal.plan.session import Request, read_project
from seeknal.plugin import Column, SeeknalError
from seeknal_semantic.asking import query_of
from seeknal_semantic.building import semantic_layer
from seeknal_semantic.checking import problems_of
from seeknal_semantic.compiler import MetricCompiler
from tests.semantic import oracle

REASONS = {
    "SK1501": "unknown_name",
    "SK1502": "bad_definition",
    "SK1503": "unknown_name",
    "SK1505": "bad_filter",
    "SK1506": "grain",
    "SK1508": "fan_out",
    "SK1509": "ambiguous_path",
    "SK1512": "needs_time",
    "SK1513": "bad_definition",
    "SK1514": "no_path",
    "SK1515": "bad_query",
    "SK1516": "duplicate_name",
    "SK1517": "unknown_name",
    "SK1518": "offset_does_not_fit",
    "SK1519": "window_does_not_fit",
    "SK1520": "filter_cuts_period",
    "SK1522": "needs_time",
}
"""What the codes of refusals are called in cases."""
OF_DEFINITIONS = ("bad_definition", "bad_expression", "bad_filter")


class Wrong(Exception):
    """The project's files are refused; the message says all that a user sees."""


def by_compiler(case):
    """The rows that the compiled SQL gives on DuckDB, or why there is none."""
    try:
        found = compiled(case)
    except Wrong as wrong:
        reason = case.refused if case.refused in OF_DEFINITIONS else OF_DEFINITIONS[0]
        return oracle.Refusal(reason, str(wrong))
    except SeeknalError as error:
        return oracle.Refusal(REASONS.get(error.code, error.code), f"{error.message} {error.help}")
    with oracle.database(case.tables) as connection:
        rows = connection.execute(found.sql).fetchall()
    names = tuple(column.name for column in found.columns)
    return oracle.Rows(names, rows, case.order)


def compiled(case, dialect="duckdb"):
    """The compiled query of a case."""
    compiler, query = asked(case)
    return compiler.compile(query, dialect)


def asked(case):
    """Who compiles a case, and the query."""
    compiler = _compiler(json.dumps([case.project, case.settings, case.tables], default=str))
    given = {
        key: str(value) if key in ("start", "end") and value is not None else value
        for key, value in case.query.items()
    }
    return compiler, query_of(given, compiler.layer)


@lru_cache(maxsize=128)
def _compiler(text):
    project, settings, tables = json.loads(text)
    layer = _layer(project, settings, tables)
    columns = {
        name: tuple(Column(name=key, type=type) for key, type in oracle.columns_of(rows).items())
        for name, rows in tables.items()
    }
    nodes = {each.rows for each in (*layer.models.values(), *layer.spines.values())}
    return MetricCompiler(
        layer, lambda node: columns[node.name], {node: (node.name,) for node in nodes}
    )


def _layer(project, settings, tables):
    nodes = [{"kind": "transform", "name": name, "transform": "SELECT 1 AS a"} for name in tables]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "seeknal").mkdir()
        (root / "seeknal_project.yml").write_text(yaml.safe_dump({"name": "case", **settings}))
        text = yaml.safe_dump_all([*project, *nodes], sort_keys=False, allow_unicode=True)
        (root / "seeknal/all.yml").write_text(text, encoding="utf-8")
        try:
            found = read_project(root, Request()).project
        except SeeknalError as error:
            raise Wrong(_said(getattr(error, "problems", [error]), text)) from None
    problems = [problem for problem in problems_of(found) if problem.severity == "error"]
    if problems:
        raise Wrong(_said(problems, text))
    return semantic_layer(found)


def _said(problems, text):
    """What a user is shown: where it is, with that line, what it is and what to do."""
    lines = text.splitlines()
    return "; ".join(
        f"{problem.location} {lines[problem.location.line - 1] if problem.location else ''}"
        f" {getattr(problem, 'node', '')} {problem.message} {problem.help or ''}"
        for problem in problems
    )
