"""Reading a project's files: every node, every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.host import clock
from seeknal.kernel.hooks import failure
from seeknal.kernel.options import MISREAD
from seeknal.project.addresses import Addresses
from seeknal.project.asked_audits import with_asked_audits
from seeknal.project.audits import build_audit
from seeknal.project.build_context import BuildContext
from seeknal.project.checks import graph_problems, without_consequences
from seeknal.project.command_variables import unused_variables
from seeknal.project.cuts import with_cuts
from seeknal.project.deliveries import overwritten, read_back
from seeknal.project.descriptions import through_descriptions
from seeknal.project.documents import check_kind, read_nodes, seed_nodes
from seeknal.project.held import with_held
from seeknal.project.layers import with_layers
from seeknal.project.nodes import build_node
from seeknal.project.own_audits import read_own_audits
from seeknal.project.paths import files_below
from seeknal.project.profile.confidential import note_headers, note_urls_in
from seeknal.project.profile.connected import connection_problems
from seeknal.project.profile.profiles import read_profile
from seeknal.project.properties import with_properties
from seeknal.project.rowless import rowless_problems
from seeknal.project.settings import empty_file_problems, load_settings
from seeknal.project.sql_files import sql_paths, with_sql_files
from seeknal.project.strays import stray_problems
from seeknal.project.templates.calls import Functions
from seeknal.project.templates.rendering import Scope, render_values
from seeknal.project.templates.snippets import load_common, yaml_files
from seeknal.project.text_files import nothing_in, read_regular, read_text, reason
from seeknal.project.tracked import partial_problems, start_problems
from seeknal.values.errors import ProjectError
from seeknal.values.location import Location
from seeknal.values.names import UNCLEAR, NodeId
from seeknal.values.node import Input
from seeknal.values.problems import Problem, Problems
from seeknal.values.project import Project

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.project.cache import Cache
    from seeknal.project.profile.profiles import Profile
    from seeknal.project.properties import Properties
    from seeknal.project.raw import RawNode
    from seeknal.project.settings import Settings
    from seeknal.values.node import Node


def read_project(
    root: Path,
    plugins: Plugins,
    variables: Mapping[str, object],
    profile: Path | None,
    cache: Cache | None,
    beside: Mapping[str, str],
) -> Project:
    """The project as its files say it, kept in ``cache``. Raises ProjectError with all problems.

    ``beside`` are texts of YAML files that are read as if they stood there, by their paths.
    """
    return _ProjectReader(root, plugins, variables, profile, cache, beside).read()


class _ProjectReader:
    """One reading of a project's files."""

    def __init__(
        self,
        root: Path,
        plugins: Plugins,
        variables: Mapping[str, object],
        profile: Path | None,
        cache: Cache | None,
        beside: Mapping[str, str],
    ) -> None:
        self.root = root
        self.plugins = plugins
        self.variables = variables
        self.profile = profile
        self.cache = cache
        self.beside = {root / file: text for file, text in beside.items()}
        self.problems = Problems()
        self.unread: list[str] = []
        self.properties: list[Properties] = []
        self.flawed: dict[NodeId, Node] = {}
        """Nodes that something is wrong with, as far as they could be made."""
        self.placed: dict[NodeId, Node] = {}
        """The same with the targets that something is wrong with."""
        self.unclear: dict[NodeId, tuple[Input, ...]] = {}
        """Those of them whose rows are not known for that."""
        self.disabled: frozenset[NodeId] = frozenset()

    def read(self) -> Project:
        settings, problems = load_settings(self.root)
        self.problems += problems
        self.problems += empty_file_problems(self.root)
        profile = self.read_profile(settings)
        files = self.raw_files()
        raws = [raw for found in files.values() for raw in found]
        raws = self.distinct(self.with_sql_files(raws))
        raws = with_properties(raws, self.properties, self.problems)
        around = self.build_context(settings, profile, raws)
        self.problems += unused_variables(self.root, self.variables, settings.variables)
        nodes = self.with_found_inputs(self.build_in_order(raws, around, settings))
        nodes = self.in_order(self.with_rules(nodes, raws, around))
        self.problems.drop_meant()
        nodes = with_asked_audits(nodes, settings.calendar, self.plugins, self.problems)
        nodes = with_layers(through_descriptions(self.in_order(nodes)))
        addresses = Addresses(profile, self.plugins)
        nodes = {id: addresses.placed(node) for id, node in nodes.items()}
        nodes = with_cuts(nodes, {**self.clear, **nodes}, self.root, self.problems)
        self.problems += around.own_audits.faults(around.scope, around.known)
        self.check_nodes(nodes, raws, around, addresses)
        self.check_connections(nodes, profile)
        project = Project(
            root=self.root,
            name=settings.options.name,
            version=str(settings.options.version),
            description=settings.options.description,
            nodes=nodes,
            disabled=self.disabled,
            variables={**settings.variables, **self.variables},
            execution=settings.execution,
            environments=settings.environments,
            retention=settings.retention,
            calendar=settings.calendar,
            profile_statistics=settings.options.catalog.profile == "full",
            profile=self.profile,
        )
        self.problems += self.plugin_problems(project)
        self.stop_if_wrong(project, around.scope.functions.told)
        project = evolve(project, warnings=tuple(self.problems))
        if self.cache is not None:
            names = {*settings.environment_names, *(profile.variables if profile else ())}
            leading = profile.endpoint_variables(self.plugins) if profile else frozenset()
            self.cache.keep(project, names, leading - names)
        return project

    def read_profile(self, settings: Settings) -> Profile | None:
        if self.profile is None and not settings.options.connections:
            return None
        profile, problems = read_profile(self.root, self.profile, settings, self.plugins)
        self.problems += problems
        return profile

    def raw_files(self) -> dict[Path, list[RawNode]]:
        """The raw nodes of each file."""
        found: dict[Path, list[RawNode]] = {}
        base = self.root / "seeknal"
        for path in sorted({*yaml_files(base), *self.beside}):
            if path.relative_to(base).parts[0] != "common":
                found[path] = self.read_yaml(path)
        for path in files_below(base / "seeds", ".csv"):
            if path.parent == base / "seeds":
                found[path] = seed_nodes(path, self.root, self.problems)
        for path in files_below(base / "pipelines", ".py"):
            if not path.name.startswith("_"):
                found[path] = self.read_python(path)
        self.problems += stray_problems(self.root)
        return found

    def with_sql_files(self, raws: list[RawNode]) -> list[RawNode]:
        """``raws``, some with the SQL of a file, and the nodes that .sql files are."""
        paths = sql_paths(self.root)
        if not paths and not any("sql_file" in raw.data for raw in raws):
            return raws
        before = len(self.problems)
        found = with_sql_files(raws, self.root, self.read_sql, self.problems, self.unread)
        for raw in found:
            if raw.sql_at is not None:
                note_headers(raw.data)
        for problem in self.problems.since(before):
            # Who reads the node that such a file would be is not to be told that it is not there.
            if problem.severity == "error" and problem.location is not None:
                self.unread.append(f"name: {Path(problem.location.file).stem}")
        return found

    def read_sql(self, path: Path) -> str | None:
        text = self.read_text(path)
        if text is not None and "://" in text:
            note_urls_in(text)
        return text

    def read_yaml(self, path: Path) -> list[RawNode]:
        text = self.read_text(path)
        if text is None:
            return []
        if (empty := nothing_in(text, path.relative_to(self.root).as_posix())) is not None:
            self.note([empty], text)
            return []
        if "://" in text:
            note_urls_in(text)
        found = read_nodes(text, path.relative_to(self.root).as_posix(), self.plugins)
        for node in found.nodes:
            note_headers(node.data)
        nodes = with_held(found.nodes, self.plugins.kinds, found.problems)
        self.note(found.problems, text)
        self.properties += found.properties
        return nodes

    def read_python(self, path: Path) -> list[RawNode]:
        from seeknal.project.python.pipelines import read_pipeline

        file = path.relative_to(self.root).as_posix()
        try:
            text = read_regular(path)
        except OSError as error:
            message = f"cannot be read: {reason(path, error)}"
            self.note([Problem(code="SK0101", message=message, location=Location(file))], "")
            return []
        if not text.strip() and (empty := nothing_in("", file)) is not None:
            self.note([empty], "")
            return []
        nodes, problems = read_pipeline(path, self.root)
        self.note(problems, path.read_text(encoding="utf-8", errors="replace") if problems else "")
        return nodes

    def note(self, problems: Iterable[Problem], text: str) -> None:
        """Problems of a file; nodes that its ``text`` holds may not have been understood."""
        self.problems += problems
        if any(entry.severity == "error" and entry.code != MISREAD for entry in problems):
            self.unread.append(text)

    def read_text(self, path: Path) -> str | None:
        if path in self.beside:
            return self.beside[path]
        return read_text(path, path.relative_to(self.root).as_posix(), self.problems)

    def distinct(self, raws: Iterable[RawNode]) -> list[RawNode]:
        """Nodes of known kinds, each id once; the others are reported."""
        seen: dict[str, RawNode] = {}
        for raw in raws:
            if problem := check_kind(raw, self.plugins):
                self.note([problem], f"name: {raw.name}")
            elif (first := seen.setdefault(raw.id.lower(), raw)) is not raw:
                self.problems.append(_twin(raw, first))
        return list(seen.values())

    def build_context(
        self, settings: Settings, profile: Profile | None, raws: list[RawNode]
    ) -> BuildContext:
        from seeknal.project.profile.envfile import environment

        common = load_common(self.root, self.read_text, self.problems)
        scope = Scope(
            values={**settings.variables, **self.variables},
            aliases=common.aliases,
            environment=environment(self.root),
            listed=settings.environment_names,
            macros=common.macros,
            today=clock.now().date(),
            root=self.root,
            functions=Functions.of(self.plugins),
        )
        return BuildContext(
            root=self.root,
            plugins=self.plugins,
            scope=scope,
            known=[raw.id for raw in raws],
            source_defaults=self.source_defaults(profile, raws, settings),
            sections=profile.section_options(self.plugins, self.problems) if profile else {},
            connections=profile.endpoints(self.plugins) if profile else None,
            has_profile=self.profile is not None or bool(settings.options.connections),
            asked=profile.asked() if profile else {},
            node_defaults=settings.defaults,
            own_audits=read_own_audits(self.root, self.read_text, self.plugins, self.problems),
            provenance=settings.options.provenance,
        )

    def source_defaults(
        self, profile: Profile | None, raws: list[RawNode], settings: Settings
    ) -> dict[str, Mapping[str, object]]:
        """Defaults of the types that the project's sources have."""
        if profile is None:
            return dict(settings.options.source_defaults)
        types = {
            str(raw.data.get("source") or raw.data.get("type"))
            for raw in raws
            if (kind := self.plugins.kinds.get(raw.kind)) and kind.does == "loads"
        }
        return {type: profile.source_defaults(type, self.problems) for type in sorted(types)}

    def build_in_order(
        self, raws: list[RawNode], around: BuildContext, settings: Settings
    ) -> dict[NodeId, Node]:
        """All nodes; first those that only describe, of which functions in SQL may ask."""
        kinds = self.plugins.kinds
        describing = [raw for raw in raws if kinds[raw.kind].does == "describes"]
        others = [raw for raw in raws if kinds[raw.kind].does != "describes"]
        found = self.build_nodes(describing, around)
        functions = around.scope.functions
        if functions.declared:
            described = Project(
                root=self.root,
                name=settings.options.name,
                nodes={**self.clear, **found},
                calendar=settings.calendar,
            )
            functions = evolve(functions, project=described)
            around = evolve(around, scope=evolve(around.scope, functions=functions))
        found |= self.build_nodes(others, around)
        return {raw.id: found[raw.id] for raw in raws if raw.id in found}

    def build_nodes(self, raws: list[RawNode], around: BuildContext) -> dict[NodeId, Node]:
        found: dict[NodeId, Node] = {}
        for raw in raws:
            built = build_node(raw, around, self.problems)
            if built is None:
                continue
            if built.sound:
                found[raw.id] = built.node
                continue
            self.flawed[raw.id] = built.node
            targets = (*built.node.targets, *built.wrong_targets)
            self.placed[raw.id] = evolve(built.node, targets=targets)
            if not built.clear:
                self.unclear[raw.id] = (*built.known, Input(ref=UNCLEAR))
        return found

    def with_found_inputs(self, nodes: Mapping[NodeId, Node]) -> dict[NodeId, Node]:
        """A node's inputs, with those that its kind's plugin finds for it."""
        every, found = {**self.clear, **nodes}, dict(nodes)
        for id, node in nodes.items():
            owner = self.plugins.owner("kind", node.kind)
            more = self.plugins.hooks.node_inputs(owner, node=node, nodes=every) or ()
            inputs = [Input(ref=ref, location=node.location) for ref in more if ref != id]
            if inputs := [entry for entry in inputs if entry.ref not in node.parents]:
                found[id] = evolve(node, inputs=(*node.inputs, *inputs))
        return found

    @property
    def clear(self) -> dict[NodeId, Node]:
        """The nodes that something is wrong with, of which it is known what they read."""
        return {id: node for id, node in self.flawed.items() if id not in self.unclear}

    def in_order(self, nodes: dict[NodeId, Node]) -> dict[NodeId, Node]:
        """A node that an audit reads runs before the node that is audited."""
        hook = self.plugins.hooks.audit_nodes
        for id, node in nodes.items():
            reads = [
                Input(ref=NodeId(name), location=audit.location, for_audits=True)
                for audit in node.audits
                for name in hook(audit=audit) or ()
                if name != id and name not in node.waits_for and NodeId(name) in nodes
            ]
            if reads:
                nodes[id] = evolve(node, inputs=(*node.inputs, *reads))
        return nodes

    def with_rules(
        self, nodes: dict[NodeId, Node], raws: list[RawNode], around: BuildContext
    ) -> dict[NodeId, Node]:
        """A rule's audits are asked of the node that the rule is about."""
        from seeknal.project.rules import audits_of_rule

        for raw in raws:
            rule = nodes.get(raw.id)
            if rule is None or rule.does != "checks":
                continue
            for data, marks in audits_of_rule(raw, self.problems):
                # As in 2.x: the first input is the one that the rule is about.
                for parent in rule.parents[:1]:
                    data = render_values(data, around.scope, marks, self.problems, rule.id)
                    audit = build_audit(data, marks, parent, around, self.problems, rule.id)
                    if audit is not None and parent in nodes:
                        audits = (*nodes[parent].audits, audit)
                        nodes[parent] = evolve(nodes[parent], audits=audits)
        return nodes

    def check_nodes(
        self,
        nodes: Mapping[NodeId, Node],
        raws: list[RawNode],
        around: BuildContext,
        addresses: Addresses,
    ) -> None:
        """Refs, circles, and targets whose rows others overwrite or read."""
        wrong = {entry.node for entry in self.problems if entry.severity == "error"}
        readable = {**nodes, **self.clear}
        lost = {raw.id for raw in raws} - readable.keys()
        self.disabled = frozenset(lost - wrong)
        self.problems += graph_problems(readable, lost & wrong, self.disabled)
        every = {**nodes, **self.placed}
        self.problems += read_back(every, self.root, around.connections or {}, addresses)
        self.problems += overwritten(every, around.connections or {}, addresses)
        kinds = self.plugins.kinds.values()
        rowless = [kind.name for kind in kinds if not kind.produces_rows]
        self.problems += rowless_problems(readable, rowless, self.root)
        self.problems += start_problems(readable)
        self.problems += partial_problems(readable)

    def check_connections(self, nodes: Mapping[NodeId, Node], profile: Profile | None) -> None:
        every = {**nodes, **self.flawed}.values()
        self.problems += connection_problems(every, profile, self.plugins, self.root)
        if profile is not None and profile.options.notifications:
            from seeknal.project.profile.notifications import notification_problems

            self.problems += notification_problems(profile)

    def plugin_problems(self, project: Project) -> list[Problem]:
        clear = {id: node for id, node in self.clear.items() if node.options is not None}
        known = {target.location for node in clear.values() for target in node.targets}
        wrong = [
            target
            for node in self.placed.values()
            for target in node.targets
            if target.location not in known
        ]
        nodes = {**project.nodes, **clear}
        whole = evolve(project, nodes=nodes, wrong_targets=tuple(wrong))
        found: list[Problem] = []
        for plugin, told in self.plugins.hooks.validate_project(project=whole):
            if isinstance(told, Exception):
                found += failure(plugin, "validate_project", told)
            else:
                found.append(told)
        return found

    def stop_if_wrong(self, project: Project, called: list[Problem]) -> None:
        errors = [problem for problem in self.problems if problem.severity == "error"]
        kinds = self.plugins.kinds
        if any(each.node and kinds[each.node.kind].does == "describes" for each in errors):
            # What functions in SQL say of a wrong description follows from that.
            follows = {(each.code, each.message) for each in called}
            errors = [each for each in errors if (each.code, each.message) not in follows]
        if errors:
            nodes = {**project.nodes, **self.flawed}
            nodes |= {id: evolve(nodes[id], inputs=read) for id, read in self.unclear.items()}
            problems = sorted(without_consequences(errors, self.unread), key=place_of)
            raise ProjectError(problems, evolve(project, nodes=nodes))


def _twin(raw: RawNode, first: RawNode) -> Problem:
    message = f"{raw.id} is defined twice: also at {first.location}"
    help = "give one of them another name, or leave it out"
    if raw.id != first.id:
        message = f"{raw.id} is, but for case, the name of {first.id} at {first.location}"
        help = "give one of them another name: in a database and on many disks they are the same"
    return Problem(code="SK0215", message=message, location=raw.location, help=help)


def place_of(problem: Problem) -> tuple[str, int, int]:
    """What problems are sorted by."""
    place = problem.location
    return (place.file, place.line, place.column) if place else ("", 0, 0)
