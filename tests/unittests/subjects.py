"""A node as a judge knows it: its query, its inputs, and how a mutant of it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml
from attrs import evolve, frozen
from sqlglot import exp

from seeknal.values.node import Node
from seeknal.values.project import Project
from seeknal.values.tracking import END_MARK, START_MARK, Reach
from tests.unittests.around import Around, Schema
from tests.unittests.cases import named, quoted
from tests.unittests.evaluate import Ranged, Reads
from tests.unittests.mutants import Mutant, mutants_of, parsed, written
from tests.unittests.options import AGGREGATIONS, option_mutants, query_of

_ENDS = {START_MARK: "{{ interval_start }}", END_MARK: "{{ interval_end }}"}
_BLOCK = re.compile(r"^.*?---\s*\*/\s*", re.DOTALL)


@frozen(kw_only=True)
class Subject:
    """One node. ``sql`` is its query over tables that are named as its inputs.

    ``tables`` are the columns of its inputs, its own among them where it reads its own rows.
    ``frame`` is what its kind makes of the query, with ``{}`` for it. ``document`` is what its
    file says, where that is no query.
    """

    project: str
    root: Path
    node: Node
    sql: str
    tables: Schema
    result: Mapping[str, str]
    frame: str = "{}"
    document: Mapping[str, Any] | None = None
    ranged: Ranged | None = None
    needless: tuple[str, ...] = ()
    """Files that say nothing of it, nor of what it reads."""

    @property
    def id(self) -> str:
        return str(self.node.id)

    @property
    def name(self) -> str:
        return f"{self.project} {self.id}"

    def whole(self, sql: str) -> str:
        """All that is asked of DuckDB for a query of the node's."""
        return self.frame.format(sql) if self.frame != "{}" else sql

    def mutants(self) -> list[Mutant]:
        """Its mutants, with queries to be run; `files` says how they are written."""
        around = Around(tables=self.tables, result=self.result)
        if self.document is not None:
            return option_mutants(self.document, self.node, self.tables)
        return mutants_of(self.sql, around)

    def files(self, mutant: Mutant) -> dict[str, str]:
        """What a mutant changes in the project: texts of files, by their paths."""
        file = self.node.location.file
        text = (self.root / file).read_text("utf-8")
        if mutant.document is not None:
            return {file: _with_document(text, self.node, mutant.document)}
        if self.node.python is not None:
            return {file: _with_string(text, self.node, _for_python(mutant.sql))}
        sql = for_files(mutant.sql, self.id)
        if file.endswith(".sql"):
            block = _BLOCK.match(text) if "---" in text else None
            return {file: f"{block[0] if block else ''}{sql}\n"}
        return {
            file: _with_document(text, self.node, {**_document(text, self.node), "transform": sql})
        }


def for_files(sql: str, own: str) -> str:
    """A query as a project's file says it."""

    def referred(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Table) or not node.db:
            return node
        id = f"{node.db}.{node.name}"
        new = exp.Table(
            this=exp.Var(this="{{ this }}")
            if id == own
            else exp.Anonymous(this="ref", expressions=[exp.Literal.string(id)])
        )
        for name, value in node.args.items():
            if name not in ("this", "db", "catalog"):
                new.set(name, value)
        return new

    text = written(parsed(sql).transform(referred))
    for mark, name in _ENDS.items():
        text = text.replace(f"CAST('{mark}' AS TIMESTAMP)", name)
    return text


def _for_python(sql: str) -> str:
    def bare(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Table) and node.db:
            copy = node.copy()
            copy.set("db", None)
            return copy
        return node

    return written(parsed(sql).transform(bare))


def _documents(text: str) -> list[Any]:
    return list(yaml.safe_load_all(text))


def _is_of(document: Any, node: Node) -> bool:
    return (
        isinstance(document, dict)
        and document.get("kind") == node.kind
        and document.get("name") == node.name
    )


def _document(text: str, node: Node) -> dict[str, Any]:
    found: dict[str, Any] = next(found for found in _documents(text) if _is_of(found, node))
    return found


def _with_document(text: str, node: Node, changed: Mapping[str, Any]) -> str:
    documents = [dict(changed) if _is_of(found, node) else found for found in _documents(text)]
    return str(yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=1000))


def _with_string(text: str, node: Node, sql: str) -> str:
    place = _query_in(text, node)
    assert place is not None
    raw = text.encode()
    starts = [0, *accumulate(map(len, raw.splitlines(keepends=True)))]
    first = starts[place.lineno - 1] + place.col_offset
    last = starts[(place.end_lineno or 0) - 1] + (place.end_col_offset or 0)
    return (raw[:first] + repr(sql).encode() + raw[last:]).decode()


def _query_in(text: str, node: Node) -> ast.Constant | None:
    """The only query of a node's function, where it is all that the function does."""
    assert node.python is not None
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef) and function.name == node.python.function:
            found = [
                call.args[0]
                for call in ast.walk(function)
                if isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "sql"
                and isinstance(call.args[0], ast.Constant)
            ]
            return found[0] if len(found) == 1 and isinstance(found[0], ast.Constant) else None
    return None


def subjects_of(name: str, project: Project, columns: Schema) -> Iterator[Subject]:
    """All nodes of a project whose rows a query makes; ``columns`` are those of stored outputs."""
    for node in project.nodes.values():
        id = str(node.id)
        if id not in columns or node.source is not None:
            continue
        own = (id,) if node.sql is not None and node.sql.reads_itself else ()
        subject = Subject(
            project=name,
            root=project.root,
            node=node,
            sql="",
            tables={parent: columns[parent] for parent in (*map(str, node.parents), *own)},
            result=columns[id],
            ranged=_ranged(node, project),
            needless=_needless(node, project),
        )
        if node.python is not None:
            found = _query_of_function(node, project)
            if found is not None:
                yield evolve(subject, sql=found)
        elif node.sql is not None and node.kind in ("transform", "feature_group"):
            sql = written(parsed(node.sql.executable))
            yield evolve(subject, sql=sql, frame=_frame(node, columns[id]))
        elif node.kind in AGGREGATIONS and node.sql is None:
            text = (project.root / node.location.file).read_text("utf-8")
            yield evolve(subject, sql=query_of(node), document=_document(text, node))


def _needless(node: Node, project: Project) -> tuple[str, ...]:
    """Files of SQL whose nodes neither it nor any other file needs."""
    needed = {node.id} | {id for id, other in project.nodes.items() if not _is_sql(other)}
    waiting = [*needed]
    while waiting:
        for id in project.nodes[waiting.pop()].waits_for:
            if id not in needed:
                needed.add(id)
                waiting.append(id)
    return tuple(other.location.file for id, other in project.nodes.items() if id not in needed)


def _is_sql(node: Node) -> bool:
    return node.location.file.endswith(".sql")


def _query_of_function(node: Node, project: Project) -> str | None:
    text = (project.root / node.location.file).read_text("utf-8")
    place = _query_in(text, node)
    if place is None:
        return None
    parents = {id.name: id for id in node.parents}
    tree = parsed(str(place.value))
    ctes = {found.alias for found in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.name in ctes:
            continue
        if table.name not in parents:
            return None
        table.set("db", exp.to_identifier(parents[table.name].kind, quoted=True))
        table.this.set("quoted", True)
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
    return written(tree)


def _frame(node: Node, result: Mapping[str, str]) -> str:
    """What a run makes of the rows: a feature group's types, and the layer that they are in."""
    if node.provenance and node.layer and "_layer" in result:
        return f"SELECT * REPLACE ({quoted(node.layer)} AS _layer) FROM ({{}})"
    if node.kind != "feature_group":
        return "{}"
    casts = ", ".join(
        f"CAST({named(name)} AS {type}) AS {named(name)}" for name, type in result.items()
    )
    return f"SELECT {casts} FROM ({{}})"


def _ranged(node: Node, project: Project) -> Ranged | None:
    tracking = node.tracking
    if tracking is None:
        return None
    found = {}
    for id in node.parents:
        parent = project.nodes[id].tracking
        if parent is not None:
            reach = tracking.cuts.get(id, Reach())
            assert not reach.before_end
            assert not reach.after_start
            found[str(id)] = Reads(column=parent.column, before=reach.before, after=reach.after)
    return Ranged(column=tracking.column, reads=found)
