"""From a node as its file says it to a Node, with everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import PurePath
from typing import Any

from attrs import field, frozen

from seeknal.digests import digest
from seeknal.errors import did_you_mean
from seeknal.kernel import NodeKind
from seeknal.marks import Marks
from seeknal.model import (
    Audit,
    ColumnSpec,
    Input,
    Location,
    Mode,
    Node,
    NodeId,
    Problem,
    Source,
    Sql,
    Target,
)
from seeknal.options import UNKNOWN_KEY, convert, keys_of, unstructure
from seeknal.plugins import Plugins
from seeknal.project.definition import definition_of
from seeknal.project.keys import ColumnKeys, CommonKeys, added_keys
from seeknal.project.raw import RawNode
from seeknal.project.templating import Scope, render

NO_EFFECT = ("schedule", "start", "batch_size", "restate", "lookback", "provenance")
_AUDIT_KEYS = ("severity", "warn_if", "error_if", "message", "name", "description")
_OLD_MODES: dict[str, Mode] = {
    "overwrite": "full",
    "upsert": "upsert_by_key",
    "insert_overwrite": "incremental_by_time",
}
_TYPE = re.compile(
    r"(TINYINT|SMALLINT|INT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|UHUGEINT|"
    r"INT[1248]|SIGNED|LONG|SHORT|FLOAT|FLOAT4|FLOAT8|REAL|DOUBLE|DECIMAL|NUMERIC|BOOL|BOOLEAN|"
    r"VARCHAR|CHAR|TEXT|STRING|BLOB|BYTEA|DATE|TIME|TIMESTAMP|DATETIME|TIMESTAMPTZ|INTERVAL|UUID|"
    r"JSON|TIMESTAMP WITH TIME ZONE|STRUCT|MAP|LIST)(\s*\(.*\))?(\[\d*\])*",
    re.IGNORECASE,
)


@frozen(kw_only=True)
class Surroundings:
    """What a node is built in: the plugins, the templates' names, all ids, the defaults."""

    plugins: Plugins
    scope: Scope
    known: Collection[NodeId]
    source_defaults: Mapping[str, Mapping[str, object]] = field(factory=dict)
    target_defaults: Mapping[str, object] = field(factory=dict)
    connections: Mapping[str, Mapping[str, object]] = field(factory=dict)
    """Connections as written: only where they lead is read here."""
    node_defaults: Mapping[str, object] = field(factory=dict)


def build_node(raw: RawNode, around: Surroundings, problems: list[Problem]) -> Node | None:
    """The node, or None when something is wrong with it or it is disabled."""
    return _Builder(raw, around, problems).build()


class _Builder:
    """Builds one node; its steps share the raw keys and the list of problems."""

    def __init__(self, raw: RawNode, around: Surroundings, problems: list[Problem]) -> None:
        self.raw = raw
        self.around = around
        self.problems = problems
        self.before = len(problems)
        self.id = raw.id
        self.dated = False
        self.volatile: str | None = None

    def build(self) -> Node | None:
        kind = self.around.plugins.kinds[self.raw.kind]
        data = {**self.defaults(), **self.raw.data}
        common_data, added_data, kind_data = self.split(data, kind)
        common = convert(CommonKeys, common_data, self.raw.marks, self.problems, node=self.id)
        added = convert(
            added_keys(kind.name), added_data, self.raw.marks, self.problems, node=self.id
        )
        if common is None or added is None or not common.enabled:
            return None
        kind_data = self.with_old_keys(kind_data, common, kind)
        options = convert(kind.options, kind_data, self.raw.marks, self.problems, node=self.id)
        inputs = self.inputs(common)
        sql, inputs = self.sql(common, kind, inputs)
        columns = self.columns(common)
        source = self.source(common, added, columns) if kind.name == "source" else None
        targets = self.targets(common, added, kind, inputs, sql)
        audits = self.audits(common, kind)
        self.note_what_has_no_effect(common)
        if len(self.problems) > self.before and any(
            problem.severity == "error" for problem in self.problems[self.before :]
        ):
            return None
        definition = definition_of(
            kind=kind,
            options=options,
            inputs=inputs,
            sql=sql,
            code_hash=self.raw.code_hash,
            source=source,
            columns=columns,
            contract=common.contract,
            place=self.place(source),
            functional={"materialized": common.materialized, "files": common.files},
        )
        return Node(
            id=self.id,
            location=self.raw.location,
            options=options,
            definition=definition,
            inputs=inputs,
            source=source,
            sql=sql,
            python=self.raw.python,
            audits=audits,
            targets=targets,
            columns=columns,
            contract=common.contract,
            materialized=common.materialized,
            description=common.description,
            owner=common.owner,
            tags=common.tags,
            meta=common.meta,
            layer=common.layer,
            domain=common.domain,
            business_purpose=common.business_purpose,
            engine=common.engine,
            params=common.params,
            volatile=self.volatility(common.volatile),
            time_dependent="date" if self.dated else None,
            files=common.files,
            env=common.env,
        )

    def defaults(self) -> dict[str, object]:
        known = set(keys_of(CommonKeys))
        return {key: value for key, value in self.around.node_defaults.items() if key in known}

    def split(
        self, data: Mapping[str, object], kind: NodeKind
    ) -> tuple[dict[str, object], dict[str, object], dict[str, object]]:
        """The keys by who reads them; an unknown one is reported with the nearest known."""
        owners = [keys_of(CommonKeys), keys_of(added_keys(kind.name)), keys_of(kind.options)]
        parts: tuple[dict[str, object], ...] = ({}, {}, {})
        # A kind's own key hides a common one of the same name.
        order = (2, 1, 0)
        for key, value in data.items():
            place = next((index for index in order if key in owners[index]), None)
            if place is None:
                self.unknown(key, [name for names in owners for name in names])
            else:
                parts[place][key] = value
        return parts[0], parts[1], parts[2]

    def unknown(self, key: str, known: Collection[str]) -> None:
        help = did_you_mean(key, known) or "only below meta: may stand what you like"
        self.problem(UNKNOWN_KEY, f"unknown key {key!r}", self.raw.marks.key(key), help)

    def problem(
        self,
        code: str,
        message: str,
        location: Location,
        help: str | None = None,
        severity: Any = "error",
    ) -> None:
        self.problems.append(
            Problem(
                code=code,
                message=message,
                location=location,
                help=help,
                node=self.id,
                severity=severity,
            )
        )

    def with_old_keys(
        self, data: dict[str, object], common: CommonKeys, kind: NodeKind
    ) -> dict[str, object]:
        """seeknal 2.x writes a feature group's event time below ``materialization:``."""
        old = common.materialization or {}
        if kind.name == "feature_group" and "event_time_col" in old and "event_time" not in data:
            return {**data, "event_time": old["event_time_col"]}
        return data

    def inputs(self, common: CommonKeys) -> tuple[Input, ...]:
        found = []
        for key in ("inputs", "depends_on"):
            for index, entry in enumerate(getattr(common, key)):
                place = self.raw.marks.value(key, index)
                ref, alias = (entry, None) if isinstance(entry, str) else (entry.ref, entry.as_)
                found.append(Input(ref=self.full_id(ref), alias=alias, location=place))
        source = self.raw.data.get("source")
        if self.raw.kind != "source" and isinstance(source, str):
            place = self.raw.marks.value("source")
            found.append(Input(ref=self.full_id(source), location=place))
        return tuple({(entry.ref, entry.alias): entry for entry in reversed(found)}.values())[::-1]

    def full_id(self, ref: str) -> NodeId:
        """``ref`` as an id; a name without kind is completed where only one node has it."""
        text = ref.strip()
        if match := re.fullmatch(r"ref\(\s*['\"]([^'\"]+)['\"]\s*\)", text):
            text = match[1]
        if "." not in text:
            named = [id for id in self.around.known if id.name.lower() == text.lower()]
            return named[0] if len(named) == 1 else NodeId(text)
        return NodeId(text)

    def sql(
        self, common: CommonKeys, kind: NodeKind, inputs: tuple[Input, ...]
    ) -> tuple[Sql | None, tuple[Input, ...]]:
        key = "transform" if common.transform is not None else "sql"
        text = getattr(common, key)
        if text is None:
            return None, inputs
        if common.transform is not None and common.sql is not None:
            place = self.raw.marks.key("sql")
            self.problem("SK0204", "both transform: and sql: are given", place, "keep one of them")
        from seeknal.sql.refs import resolve_sql

        start = self.text_location(key, text)
        rendered = render(text, self.around.scope, common.params, start, self.problems, self.id)
        self.dated |= rendered.dated
        self.volatile = self.volatile or rendered.volatile
        resolved = resolve_sql(
            rendered.text,
            inputs=inputs,
            known=self.around.known,
            node=self.id,
            location=start,
            dialect=common.dialect,
        )
        self.problems.extend(resolved.problems)
        self.dated |= resolved.time_dependent
        self.volatile = self.volatile or resolved.volatile
        if common.volatile is not True:
            self.refuse_outside(resolved.reads_outside, start)
        sql = Sql(
            text=text,
            rendered=rendered.text,
            executable=resolved.executable,
            location=start,
            dialect=common.dialect,
        )
        return sql, resolved.inputs

    def text_location(self, key: str, text: str) -> Location:
        """Where a text begins: a block scalar's first line is the one below its ``|``."""
        place = self.raw.marks.value(key)
        return Location(place.file, place.line + 1) if "\n" in text else place

    def refuse_outside(self, reads: tuple[tuple[str, int], ...], start: Location) -> None:
        for what, line in reads:
            place = Location(start.file, start.line + line - 1)
            self.problem(
                "SK0405",
                f"the SQL reads {what} itself, so a change of it would go unseen",
                place,
                "declare a source and read that, or say volatile: true",
            )

    def volatility(self, declared: bool | None) -> str | None:
        if declared is False:
            return None
        return self.volatile or ("declared" if declared else None)

    def columns(self, common: CommonKeys) -> tuple[ColumnSpec, ...]:
        declared = common.columns or common.schema
        if isinstance(declared, Mapping):
            return tuple(self.column(name, value) for name, value in declared.items())
        return tuple(self.column(entry.name or "", entry) for entry in declared)

    def column(self, name: str, value: str | ColumnKeys | None) -> ColumnSpec:
        if isinstance(value, ColumnKeys):
            return ColumnSpec(name=name, type=value.type, description=value.description)
        if value is not None and _TYPE.fullmatch(value.strip()):
            return ColumnSpec(name=name, type=value.strip())
        return ColumnSpec(name=name, description=value)

    def source(
        self, common: CommonKeys, added: Any, columns: tuple[ColumnSpec, ...]
    ) -> Source | None:
        marks = self.raw.marks
        if added.source is None:
            self.problem("SK0205", "a source needs its type", self.raw.location, "source: csv, ...")
            return None
        if added.table and added.query:
            self.problem("SK0206", "both table: and query: are given", marks.key("query"))
        params = {**self.around.source_defaults.get(added.source, {}), **common.params}
        connection = params.pop("connection", None)
        options: object = None
        if added.source != "python":
            options = self.source_options(added.source, params)
        if added.freshness is not None:
            text = "freshness: is not checked here; use the audit of type freshness"
            self.problem("SK0207", text, marks.key("freshness"), severity="warn")
        return Source(
            node=self.id,
            type=added.source,
            options=options,
            table=added.table,
            query=self.query(added.query, common),
            connection=added.connection or (str(connection) if connection else None),
            columns=columns,
            refresh=self.refresh(added.refresh),
            version_query=added.version_query,
            allow_outside=added.allow_outside,
        )

    def source_options(self, type: str, params: Mapping[str, object]) -> object:
        declared = self.around.plugins.source_types.get(type)
        key = "source" if "source" in self.raw.data else "type"
        if declared is None:
            self.unknown_type("source type", type, self.raw.marks.value(key))
            return None
        return convert(
            declared.options,
            params,
            self.raw.marks.below("params"),
            self.problems,
            node=self.id,
            what="option",
        )

    def unknown_type(self, what: str, name: str, place: Location) -> None:
        plugins = self.around.plugins
        known = {
            "source type": plugins.source_types,
            "target type": plugins.target_types,
            "audit type": plugins.audit_types,
        }[what]
        near = did_you_mean(name, known)
        help = near or plugins.missing(what, name) or f"known: {', '.join(sorted(known)) or 'none'}"
        self.problem("SK0208", f"unknown {what} {name!r}", place, help)

    def query(self, text: str | None, common: CommonKeys) -> str | None:
        if text is None:
            return None
        start = self.text_location("query", text)
        rendered = render(text, self.around.scope, common.params, start, self.problems, self.id)
        self.dated |= rendered.dated
        return rendered.text

    def refresh(self, text: str | None) -> str | None:
        from seeknal.refresh import POLICIES, is_refresh

        if text is not None and not is_refresh(text):
            help = (
                did_you_mean(text, POLICIES) or "on_change, always, manual, 6h or a cron schedule"
            )
            place = self.raw.marks.value("refresh")
            self.problem("SK0203", f"refresh cannot be {text!r}", place, help)
        return text

    def place(self, source: Source | None) -> dict[str, object]:
        """Where the source's connection leads: moving it elsewhere is another source."""
        if source is None or source.connection is None:
            return {}
        raw = self.around.connections.get(source.connection, {})
        parts = ("type", "host", "port", "database", "schema", "catalog", "warehouse", "path")
        return {key: raw[key] for key in parts if key in raw}

    def targets(
        self,
        common: CommonKeys,
        added: Any,
        kind: NodeKind,
        inputs: tuple[Input, ...],
        sql: Sql | None,
    ) -> tuple[Target, ...]:
        marks = self.raw.marks
        if common.materialization is not None and common.materializations:
            self.problem(
                "SK0209",
                "both materialization: and materializations: are given",
                marks.key("materialization"),
                "move the first into the list: materializations: [{type: ..., ...}, ...]",
            )
        found = [
            self.target(entry, marks.below("materializations", index))
            for index, entry in enumerate(common.materializations)
        ]
        one = common.materialization
        if one is not None and (kind.name != "feature_group" or {"type", "table"} & set(one)):
            entry = {"type": "iceberg", **one}
            found.append(self.target(entry, marks.below("materialization")))
        if kind.name == "exposure" and added.type is not None:
            found += self.exposure_targets(added.type, common, inputs, sql)
        return tuple(target for target in found if target is not None)

    def exposure_targets(
        self, type: str, common: CommonKeys, inputs: tuple[Input, ...], sql: Sql | None
    ) -> list[Target | None]:
        params = {"type": type, **common.params}
        marks = self.raw.marks.below("params")
        path = params.get("path")
        if isinstance(path, str) and "{name}" in path:
            return [
                self.target(
                    {**params, "path": path.replace("{name}", entry.ref.name)}, marks, entry.ref
                )
                for entry in inputs
            ]
        several = len({entry.ref for entry in inputs if entry.ref.kind != "rule"}) > 1
        sheets = isinstance(path, str) and PurePath(path).suffix == ".xlsx"
        if several and sql is None and not sheets:
            self.problem(
                "SK0210",
                "an exposure over several inputs does not say which rows it writes",
                self.raw.location,
                "give it sql:, or a path with {name} to write one file for each input",
            )
            return []
        if several and sql is None:
            params["sheets"] = [entry.ref for entry in inputs if entry.ref.kind != "rule"]
        return [self.target(params, marks)]

    def target(
        self, data: Mapping[str, object], marks: Marks, reads: NodeId | None = None
    ) -> Target | None:
        if data.get("enabled") is False:
            return None
        type = str(data.get("type", ""))
        declared = self.around.plugins.target_types.get(type)
        if declared is None:
            self.unknown_type("target type", type, marks.value("type"))
            return None
        known = keys_of(declared.options)
        rest = {
            key: value
            for key, value in data.items()
            if key not in ("type", "enabled")
            and (key in known or key not in ("mode", "connection"))
        }
        options = convert(declared.options, rest, marks, self.problems, node=self.id, what="option")
        mode = str(data.get("mode") or "full")
        mode = _OLD_MODES.get(mode, mode)
        if mode not in declared.modes:
            help = did_you_mean(mode, declared.modes) or f"modes: {', '.join(declared.modes)}"
            self.problem("SK0211", f"{type} has no mode {mode!r}", marks.value("mode"), help)
        if options is None:
            return None
        connection = data.get("connection")
        text = repr(sorted(unstructure(options).items(), key=str))
        return Target(
            node=self.id,
            type=declared.name,
            options=options,
            key=digest(declared.name, mode, str(connection), text, reads or "")[:16],
            label=str(getattr(options, declared.label_field, "") or self.id.name),
            mode=mode,
            connection=str(connection) if connection else None,
            reads=reads,
            location=marks.value(),
        )

    def audits(self, common: CommonKeys, kind: NodeKind) -> tuple[Audit, ...]:
        if common.audits and not kind.produces_rows and kind.name != "rule":
            place = self.raw.marks.key("audits")
            self.problem("SK0904", f"a node of kind {kind.name} has no rows to audit", place)
            return ()
        if kind.name == "rule":
            return ()
        marks = self.raw.marks
        return tuple(
            audit
            for index, entry in enumerate(common.audits)
            if (audit := self.audit(entry, marks.below("audits", index), self.id)) is not None
        )

    def audit(self, data: Mapping[str, object], marks: Marks, node: NodeId) -> Audit | None:
        return build_audit(data, marks, node, self.around.plugins, self.problems)

    def note_what_has_no_effect(self, common: CommonKeys) -> None:
        for key in NO_EFFECT:
            if key in self.raw.data and getattr(common, key) not in (None, False):
                place = self.raw.marks.key(key)
                self.problem("SK0212", f"{key}: is accepted but not used", place, severity="warn")


def build_audit(
    data: Mapping[str, object],
    marks: Marks,
    node: NodeId,
    plugins: Plugins,
    problems: list[Problem],
    declared_by: NodeId | None = None,
) -> Audit | None:
    """One audit of a node, or None when something is wrong with it."""
    type = str(data.get("type", ""))
    declared = plugins.audit_types.get(type)
    if declared is None:
        near = did_you_mean(type, plugins.audit_types)
        message = f"unknown audit type {type!r}" if type else "an audit needs its type"
        problems.append(
            Problem(
                code="SK0905",
                message=message,
                location=marks.value("type"),
                help=near or plugins.missing("audit type", type),
                node=node,
            )
        )
        return None
    before = len(problems)
    severity = data.get("severity", "error")
    if severity not in ("error", "warn"):
        problems.append(
            Problem(
                code="SK0906",
                message=f"severity cannot be {severity!r}",
                location=marks.value("severity"),
                help="severity: error or severity: warn",
                node=node,
            )
        )
    known = keys_of(declared.options)
    rest = {
        key: value
        for key, value in data.items()
        if key in known or key not in ("type", *_AUDIT_KEYS)
    }
    options = convert(declared.options, rest, marks, problems, node=node, what="parameter")
    if options is None or len(problems) > before:
        return None
    return Audit(
        type=declared.name,
        options=options,
        node=node,
        severity=severity,
        warn_if=_text(data.get("warn_if")),
        error_if=_text(data.get("error_if")),
        message=_text(data.get("message")),
        declared_by=declared_by,
        location=marks.value(),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
