"""Projects as JSON values and back, for the cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict

from seeknal.kernel.options import compact, unstructure
from seeknal.kernel.restoring import restored
from seeknal.values.columns import ColumnSpec
from seeknal.values.durations import Duration
from seeknal.values.errors import PluginError
from seeknal.values.freshness import Freshness
from seeknal.values.later import Later
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.node import Input, Node, Sql, SqlCall
from seeknal.values.problems import Problem
from seeknal.values.project import Calendar, Environments, Execution, Project, Retention
from seeknal.values.schedule import Schedule
from seeknal.values.sources import Source
from seeknal.values.tracking import Reach, Tracking

if TYPE_CHECKING:
    from seeknal.kernel.declared import AuditType, TargetType
    from seeknal.kernel.kinds import NodeKind, SourceType
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.audits import Audit
    from seeknal.values.targets import Target

    Declared = NodeKind | SourceType | AuditType | TargetType

_PLAIN = (
    "definition",
    "frame",
    "contract",
    "provenance",
    "materialized",
    "description",
    "owner",
    "layer",
    "domain",
    "business_purpose",
    "engine",
    "volatile",
    "time_dependent",
    "time_column",
    "timezone",
)
_LISTS = ("tags", "keys", "merges_by", "files", "env")
_KEPT = frozenset(_PLAIN)


def project_to(project: Project) -> dict[str, Any]:
    """``project`` as plain values; what is at its default is left out."""
    return {
        "name": project.name,
        "version": project.version,
        "description": project.description,
        "variables": dict(project.variables),
        "execution": asdict(project.execution),
        "environments": asdict(project.environments),
        "retention": asdict(project.retention),
        "calendar": asdict(project.calendar),
        "profile_statistics": project.profile_statistics,
        "warnings": [_problem_to(problem) for problem in project.warnings],
        "disabled": sorted(project.disabled),
        "nodes": [_node_to(node) for node in project.nodes.values()],
    }


def project_from(
    data: Mapping[str, Any], root: Path, profile: Path | None, plugins: Plugins
) -> Project:
    """What `project_to` was given. Raises ValueError or KeyError when it no longer fits."""
    reader = _Reader(plugins)
    nodes = [reader.node(entry) for entry in data["nodes"]]
    return Project(
        root=root,
        name=data["name"],
        version=data["version"],
        description=data["description"],
        nodes={node.id: node for node in nodes},
        disabled=frozenset(map(NodeId, data["disabled"])),
        variables=data["variables"],
        execution=Execution(**data["execution"]),
        environments=Environments(**data["environments"]),
        retention=Retention(**data["retention"]),
        calendar=Calendar(**data["calendar"]),
        profile_statistics=data["profile_statistics"],
        warnings=tuple(_problem_from(entry) for entry in data["warnings"]),
        profile=profile,
    )


def _node_to(node: Node) -> dict[str, Any]:
    data: dict[str, Any] = {"id": node.id, "at": _place_to(node.location)}
    data |= {name: value for name in _PLAIN if (value := getattr(node, name)) not in (None, False)}
    data |= {name: list(value) for name in _LISTS if (value := getattr(node, name))}
    data["options"] = compact(node.options)
    if node.inputs:
        data["inputs"] = [
            [i.ref, i.alias, _place_to(i.location), i.for_audits] for i in node.inputs
        ]
    if node.sql:
        data["sql"] = _sql_to(node.sql)
    if node.python:
        data["python"] = asdict(node.python)
    if node.source:
        data["source"] = _source_to(node.source)
    for name in ("meta", "params"):
        if value := getattr(node, name):
            data[name] = unstructure(value)
    if node.notes:
        data["notes"] = dict(node.notes)
    if node.schedule:
        data["schedule"] = [node.schedule.text, node.schedule.timezone]
    if node.tracking:
        data["tracking"] = asdict(node.tracking)
    if node.freshness:
        data["freshness"] = asdict(node.freshness)
    if node.columns:
        data["columns"] = [
            [c.name, c.type, c.description, c.pii, _place_to(c.location)] for c in node.columns
        ]
    if node.audits:
        data["audits"] = [_audit_to(audit) for audit in node.audits]
    if node.targets:
        data["targets"] = [_target_to(target) for target in node.targets]
    return data


def _schedule_from(data: Sequence[str]) -> Schedule:
    text, timezone = data
    return Schedule(text=text, timezone=timezone)


def _tracking_from(data: Mapping[str, Any]) -> Tracking:
    lookback = data["lookback"]
    cuts = {NodeId(id): Reach(**reach) for id, reach in data["cuts"].items()}
    if not isinstance(lookback, int):
        lookback = Duration(**lookback)
    compared = map(NodeId, data["compared"])
    return Tracking(**{**data, "lookback": lookback, "cuts": cuts, "compared": compared})


def _freshness_from(data: Mapping[str, Any]) -> Freshness:
    limits = {name: data[name] and Duration(**data[name]) for name in ("warn_after", "error_after")}
    return Freshness(**{**data, **limits})


def _sql_to(sql: Sql) -> list[Any]:
    rendered = None if sql.rendered == sql.text else sql.rendered
    edits = None if sql.edits is None else [list(edit) for edit in sql.edits]
    calls = [
        [call.function, unstructure(call.arguments), call.text, call.said] for call in sql.calls
    ]
    place = _place_to(sql.location)
    data: list[Any] = [sql.text, rendered, sql.executable, place, sql.dialect, edits, calls]
    if sql.incremental is not None or sql.reads_itself:
        other = _sql_to(sql.incremental) if sql.incremental is not None else None
        data += [other, sql.reads_itself]
    return data


def _source_to(source: Source) -> dict[str, Any]:
    names = (
        *("type", "query", "connection", "refresh", "version_query", "allow_outside"),
        "provenance",
    )
    data = {name: getattr(source, name) for name in names}
    data["table"] = list(source.table)
    data["options"] = None if source.options is None else compact(source.options)
    return data


def _audit_to(audit: Audit) -> dict[str, Any]:
    names = (
        *("type", "node", "severity", "warn_if", "error_if", "message", "where", "declared_by"),
        *("kept_as", "name"),
    )
    data = {name: getattr(audit, name) for name in names}
    return data | {"options": compact(audit.options), "at": _place_to(audit.location)}


def _target_to(target: Target) -> dict[str, Any]:
    names = ("type", "key", "label", "mode", "connection", "reads", "place", "site")
    data = {name: getattr(target, name) for name in names}
    data["aliases"] = list(target.aliases)
    if target.time_column is not None:
        data["time_column"] = target.time_column
    return data | {"options": compact(target.options), "at": _place_to(target.location)}


def _place_to(place: Location | None) -> list[Any] | None:
    return [place.file, place.line, place.column] if place else None


def _place_from(data: list[Any] | None) -> Location | None:
    return Location(*data) if data else None


def _problem_to(problem: Problem) -> dict[str, Any]:
    names = ("code", "message", "help", "node", "severity")
    data = {name: getattr(problem, name) for name in names}
    return data | {"location": _place_to(problem.location)}


def _problem_from(data: Mapping[str, Any]) -> Problem:
    return Problem(**{**data, "location": _place_from(data["location"])})


class _Reader:
    """Makes nodes again; equal options are made once."""

    def __init__(self, plugins: Plugins) -> None:
        self.plugins = plugins
        self.made: dict[tuple[type, str, str], object] = {}

    def options(self, declared: Declared, data: Mapping[str, Any]) -> object:
        key = type(declared), declared.name, repr(data)
        if key not in self.made:
            self.made[key] = restored(declared.options, data)
        return self.made[key]

    def later(self, declared: Callable[[], Declared], id: NodeId, data: Mapping[str, Any]) -> Later:
        """Options that a run with nothing to do has no use for."""

        def made() -> object:
            try:
                return self.options(declared(), data)
            except (ValueError, KeyError) as error:
                raise PluginError(
                    f"what is remembered of {id} is not what its plugin reads: {error}",
                    help="remove target/cache/project.json",
                ) from error

        return Later(made, data)

    def node(self, data: Mapping[str, Any]) -> Node:
        from seeknal.values.node import PythonCode

        id = NodeId(data["id"])
        columns = tuple(
            ColumnSpec(
                name=name,
                type=type,
                description=description,
                pii=pii,
                location=_place_from(place),
            )
            for name, type, description, pii, place in data.get("columns", ())
        )
        rest: dict[str, Any] = {name: data[name] for name in _KEPT & data.keys()}
        rest |= {name: tuple(data[name]) for name in _LISTS if name in data}
        kind = self.plugins.kinds[id.kind]
        return Node(
            id=id,
            location=Location(*data["at"]),
            options=self.later(lambda: kind, id, data["options"])
            if kind.does == "describes"
            else self.options(kind, data["options"]),
            does=kind.does,
            rows_of_body=kind.rows_of_body,
            from_earlier=kind.from_earlier,
            inputs=tuple(
                Input(ref=NodeId(ref), alias=alias, location=_place_from(place), for_audits=audits)
                for ref, alias, place, audits in data.get("inputs", ())
            ),
            sql=_sql_from(data["sql"]) if "sql" in data else None,
            python=PythonCode(**data["python"]) if "python" in data else None,
            source=self.source(id, data["source"], columns) if "source" in data else None,
            audits=tuple(self.audit(entry) for entry in data.get("audits", ())),
            targets=tuple(self.target(id, entry) for entry in data.get("targets", ())),
            columns=columns,
            meta=data.get("meta", {}),
            params=data.get("params", {}),
            notes=data.get("notes", {}),
            schedule=_schedule_from(data["schedule"]) if "schedule" in data else None,
            tracking=_tracking_from(data["tracking"]) if "tracking" in data else None,
            freshness=_freshness_from(data["freshness"]) if "freshness" in data else None,
            **rest,
        )

    def source(
        self, id: NodeId, data: Mapping[str, Any], columns: tuple[ColumnSpec, ...]
    ) -> Source:
        options = data["options"]
        if options is not None:
            options = self.options(self.plugins.source_types[data["type"]], options)
        rest = {**data, "table": tuple(data["table"]), "options": options}
        return Source(node=id, columns=columns, **rest)

    def audit(self, data: Mapping[str, Any]) -> Audit:
        from seeknal.values.audits import Audit

        rest = {key: value for key, value in data.items() if key not in ("at", "options")}
        rest["node"] = NodeId(rest["node"])
        if rest["declared_by"]:
            rest["declared_by"] = NodeId(rest["declared_by"])
        name = data["kept_as"] or data["type"]
        options = self.later(lambda: self.plugins.audit_types[name], rest["node"], data["options"])
        return Audit(**rest, options=options, location=_place_from(data["at"]))

    def target(self, id: NodeId, data: Mapping[str, Any]) -> Target:
        from seeknal.values.targets import Target

        rest = {key: value for key, value in data.items() if key not in ("at", "options")}
        rest["reads"] = NodeId(rest["reads"]) if rest["reads"] else None
        rest["aliases"] = tuple(rest["aliases"])
        options = self.options(self.plugins.target_types[data["type"]], data["options"])
        return Target(node=id, **rest, options=options, location=_place_from(data["at"]))


def _sql_from(data: list[Any]) -> Sql:
    text, rendered, executable, place, dialect, edits, calls, *more = data
    other, reads_itself = more or (None, False)
    return Sql(
        text=text,
        rendered=text if rendered is None else rendered,
        executable=executable,
        location=Location(*place),
        dialect=dialect,
        edits=None if edits is None else tuple((a, b, c) for a, b, c in edits),
        calls=tuple(
            SqlCall(function=function, arguments=arguments, text=text, said=said)
            for function, arguments, text, said in calls
        ),
        incremental=_sql_from(other) if other is not None else None,
        reads_itself=reads_itself,
    )
