"""The targets of a node: what ``materialization(s):`` and an exposure's ``type:`` say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

from seeknal.kernel.options import convert, keys_of, salvage, unstructure
from seeknal.kernel.roles import values_of, with_role
from seeknal.project.build_context import (
    outside_problem,
    unfilled_problem,
    unknown_connection,
    unknown_type,
)
from seeknal.project.inside import leads_outside
from seeknal.project.templates.rendering import render, text_begins
from seeknal.values.digests import digest
from seeknal.values.errors import did_you_mean, nearest
from seeknal.values.statements import THIS
from seeknal.values.targets import Mode, Target

if TYPE_CHECKING:
    from seeknal.kernel.declared import TargetType
    from seeknal.kernel.kinds import NodeKind
    from seeknal.project.build_context import (
        BuildContext,
    )
    from seeknal.project.keys import CommonKeys
    from seeknal.project.raw import RawNode
    from seeknal.values.location import Location
    from seeknal.values.marks import Marks
    from seeknal.values.names import NodeId
    from seeknal.values.node import Input, Sql
    from seeknal.values.problems import Problems
    from seeknal.values.tracking import Tracking

_DOCUMENTING = ("dashboard", "notebook", "analysis", "ml", "application", "report")
"""What other tools write there, which says nothing of how rows are delivered."""
_OLD_MODES: dict[str, tuple[Mode, ...]] = {
    "overwrite": ("full",),
    "upsert": ("upsert_by_key",),
    "insert_overwrite": ("overwrite_partitions", "incremental_by_time"),
}
"""Other names of modes; of several, the first that a target type has is meant."""


QUERY = "SK0286"
_HOOKS = ("pre_hook", "post_hook", "pre-hook", "post-hook")
_PLACES = ("path", "table")
"""The keys that say where a target is."""


def own_keys(type: TargetType) -> tuple[str, ...]:
    """The keys that an exposure of the type has of its own; none where they are below params."""
    return ("connection", *keys_of(type.options)) if type.own_keys else ()


class TargetBuilder:
    """Builds the targets of one node."""

    def __init__(self, raw: RawNode, around: BuildContext, problems: Problems) -> None:
        self.raw = raw
        self.around = around
        self.problems = problems.of(raw.id)
        self.tracking: Tracking | None = None
        """How the node's rows lie in time, where it remembers ranges."""
        self.wrong: list[Target] = []
        """Those that something is wrong with, as far as it is known where they are."""

    def declared(self, common: CommonKeys, kind: NodeKind) -> list[Target]:
        """Those of ``materialization:`` and ``materializations:``."""
        marks = self.raw.marks
        if common.materialization is not None and common.materializations:
            self.problems.add(
                "SK0209",
                "both materialization: and materializations: are given",
                marks.key("materialization"),
                "move the first into the list: materializations: [{type: ..., ...}, ...]",
            )
        entries = [
            (entry, marks.below("materializations", index))
            for index, entry in enumerate(common.materializations)
        ]
        one = common.materialization
        if one is not None and (not kind.old_settings or {"type", "table"} & set(one)):
            entry = {key: value for key, value in one.items() if key not in kind.old_settings}
            entries.append((entry, marks.below("materialization")))
        default = self.around.plugins.default_target
        given = [({"type": default, **entry}, at) for entry, at in entries]
        return _present(self.target(entry, at) for entry, at in given if self.takes_rows(entry, at))

    def takes_rows(self, data: Mapping[str, object], marks: Marks) -> bool:
        """Whether it may be a target of rows; what is a query is told."""
        declared = self.around.plugins.target_types.get(str(data["type"]))
        if declared is None or declared.engine is None:
            return True
        text = f"{declared.name} is a query, to which no rows are delivered"
        help = f"an exposure of its own, with type: {declared.name} and sql:"
        self.problems.add(QUERY, text, marks.value("type"), help)
        return False

    def exposed(
        self, type: str, common: CommonKeys, inputs: tuple[Input, ...], sql: Sql | None
    ) -> list[Target]:
        """That of an exposure; one for each input where the path holds ``{name}``."""
        params = {**common.params, "type": type}
        marks = self.raw.marks.below("params")
        declared = self.around.plugins.target_types.get(type)
        if declared is not None and declared.own_keys:
            own = own_keys(declared)
            params = {key: value for key, value in self.raw.data.items() if key in own}
            params["type"], marks = type, self.raw.marks
        if declared is not None and declared.engine is not None:
            return _present([self.query(declared, params, marks, common)])
        if declared is None:
            self.unknown_type(type, marks, params.get("connection"))
            return []
        path = params.get("path")
        read = list(dict.fromkeys(entry.ref for entry in inputs if self.has_rows(entry.ref)))
        if isinstance(path, str) and "{name}" in path:
            paths = [(path.replace("{name}", ref.name), ref) for ref in read]
            return _present(self.target({**params, "path": to}, marks, ref) for to, ref in paths)
        if len(read) > 1 and sql is None:
            if not (isinstance(path, str) and PurePath(path).suffix == ".xlsx"):
                self.problems.add(
                    "SK0210",
                    "an exposure over several inputs does not say which rows it writes",
                    self.raw.location,
                    "give it sql:, or a path with {name} to write one file for each input",
                )
                return []
            params["sheets"] = read
        return _present([self.target(params, marks)])

    def query(
        self, declared: TargetType, data: Mapping[str, object], marks: Marks, common: CommonKeys
    ) -> Target | None:
        """That of an exposure whose SQL runs where it is delivered."""
        given, place = self.raw.data.get("engine"), self.raw.marks
        if given is not None and given != declared.engine:
            text = f"{declared.name} runs its SQL on {declared.engine}, and not on {given}"
            self.problems.add(QUERY, text, place.value("engine"), "leave engine: out")
        if common.sql is None and common.transform is None and common.sql_file is None:
            text = f"{declared.name} is a query, and there is no sql:"
            self.problems.add(QUERY, text, place.value("type"), "sql: SELECT ... FROM ref('...')")
        return self.target(data, marks)

    def has_rows(self, node: NodeId) -> bool:
        kind = self.around.plugins.kinds.get(node.kind)
        return kind is None or kind.produces_rows

    def target(
        self, data: Mapping[str, object], marks: Marks, reads: NodeId | None = None
    ) -> Target | None:
        if data.get("enabled") is False:
            return None
        type = str(data["type"])
        declared = self.around.plugins.target_types.get(type)
        if declared is None:
            self.unknown_type(type, marks, data.get("connection"))
            return None
        full = self.completed(declared, data)
        return None if full is None else self.of_type(declared, full, marks, reads)

    def completed(
        self, declared: TargetType, data: Mapping[str, object]
    ) -> Mapping[str, object] | None:
        """What a target says together with what its type's section of the profile says."""
        section = declared.profile_section
        if section is None or section.name not in self.around.sections:
            return data
        return section.complete(self.around.sections[section.name], data, self.raw.name)

    def unknown_type(self, type: str, marks: Marks, connection: object) -> None:
        asked = self.around.asked.get(str(connection), ())
        help = unknown_type("target type", type, self.around.plugins, asked)
        lacks = self.around.plugins.lacking("target type", type, asked)
        place = marks.value("type")
        if self.around.plugins.kinds[self.raw.kind].does == "delivers":
            place = self.type_place(marks)
            if type.lower() in _DOCUMENTING:
                help = (
                    "type: says how it is delivered; an exposure that only documents has none:"
                    f" meta: {{type: {type}}}"
                )
        self.problems.add("SK0208", f"unknown target type {type!r}", place, help, lacks=lacks)

    def type_place(self, marks: Marks) -> Location:
        """Where an exposure names its type, or one of its materializations does."""
        below = marks.value("type")
        own = self.raw.marks.value("type")
        return own if "type" in self.raw.data and below == marks.value() else below

    def of_type(
        self, declared: TargetType, data: Mapping[str, object], marks: Marks, reads: NodeId | None
    ) -> Target | None:
        known = keys_of(declared.options)
        core = {"type", "enabled", *({"mode", "connection"} - set(known))}
        rest = {key: value for key, value in data.items() if key not in core}
        mode = self.mode(declared, data, marks)
        rest = self.with_hooks(declared, rest, marks)
        by_range = self.by_range(mode, rest, known, marks)
        if by_range is not None:
            rest["time_column"] = by_range
        options = convert(
            declared.options, rest, marks, self.problems, node=self.raw.id, what="option"
        )
        kept = salvage(declared.options, rest, marks) if options is None else options
        connection = data.get("connection")
        name = str(connection) if connection else None
        if name is not None:
            self.check_connection(name, marks)
        for key in _PLACES:
            found = unfilled_problem(key, str(rest.get(key, "")), marks.value(key), self.raw.id)
            if found is not None:
                self.problems.append(found)
                return None
        if kept is None:
            return None
        self.check_label(declared, rest, marks)
        if options is not None or not _says_outside(declared, rest):
            self.check_path(kept, marks)
        hooks = {entry.key for entry in with_role(declared.options, "hook")}
        settings = {key: each for key, each in unstructure(kept).items() if key not in hooks}
        text = repr(sorted(settings.items(), key=str))
        label = str(getattr(kept, declared.label_field, "") or self.raw.name)
        meant = mode or cast(Mode, _nearest_mode(str(data.get("mode")), declared))
        found = Target(
            node=self.raw.id,
            type=declared.name,
            options=kept,
            key=digest(
                declared.name,
                meant if by_range is None else f"{meant}, ranges",
                str(connection),
                text,
                reads or "",
            )[:16],
            label=label,
            mode=meant,
            connection=name,
            reads=reads,
            place=digest(declared.name, name or "", label, reads or "")[:16],
            location=marks.value(),
            time_column=by_range,
        )
        if options is None or mode is None:
            self.wrong.append(found)
            return None
        return found

    def with_hooks(
        self, declared: TargetType, data: dict[str, object], marks: Marks
    ) -> dict[str, object]:
        """What a target says with the templates of its hooks filled in; without those of a type
        that runs no SQL, which are told."""
        taken = {
            key
            for entry in with_role(declared.options, "hook")
            for key in (entry.key, *entry.aliases)
        }
        own = keys_of(declared.options)
        for key in [key for key in _HOOKS if key in data and key not in own]:
            self.refuse_hook(declared, key, marks)
            data = {name: value for name, value in data.items() if name != key}
        return {
            key: self.hooks(value, marks, key) if key in taken else value
            for key, value in data.items()
        }

    def hooks(self, value: object, marks: Marks, key: str) -> object:
        """One hook or several; without those of which a template leaves nothing."""
        if isinstance(value, str):
            value = self.hook(value, marks, key)
            return () if value is None else value
        if not isinstance(value, list | tuple):
            return value
        texts = [
            self.hook(entry, marks, key, number) if isinstance(entry, str) else entry
            for number, entry in enumerate(value)
        ]
        return [text for text in texts if text is not None]

    def hook(self, value: str, marks: Marks, *path: str | int) -> str | None:
        """The text of a hook, with ``{{ this }}`` left as it is."""
        place = text_begins(marks.value(*path), value)
        own = {"this": THIS}
        rendered = render(value, self.around.scope, {}, place, self.problems, self.raw.id, own=own)
        if rendered.dated or rendered.volatile:
            text = f"{path[0]}: is another text in each {'run' if rendered.volatile else 'day'}"
            self.problems.add("SK0295", text, place, "let the database say when: now()")
        return rendered.text if rendered.text.strip() or not value.strip() else None

    def refuse_hook(self, declared: TargetType, key: str, marks: Marks) -> None:
        types = [
            name
            for name, each in self.around.plugins.target_types.items()
            if name == each.name and with_role(each.options, "hook")
        ]
        help = f"targets of type {', '.join(types)} do" if types else "leave it out"
        text = f"{key}: a target of type {declared.name} runs no SQL"
        self.problems.add("SK0294", text, marks.key(key), help)

    def mode(self, declared: TargetType, data: Mapping[str, object], marks: Marks) -> Mode | None:
        given = str(data.get("mode") or "full")
        for wanted in _OLD_MODES.get(given, (given,)):
            if wanted in declared.modes:
                return wanted  # type: ignore[return-value]
        help = did_you_mean(given, declared.modes) or f"modes: {', '.join(declared.modes)}"
        message = f"{declared.name} has no mode {given!r}"
        self.problems.add("SK0211", message, marks.value("mode"), help)
        return None

    def by_range(
        self, mode: Mode | None, data: Mapping[str, object], known: Collection[str], marks: Marks
    ) -> str | None:
        """The column by whose ranges the rows of a tracked node are delivered, if they are."""
        tracking = self.tracking
        if tracking is None:
            return None
        if mode == "append":
            self.problems.add(
                "SK0237",
                f"{self.raw.id} processes ranges of time again, whose rows append would add twice",
                marks.value("mode"),
                "mode: incremental_by_time replaces them",
            )
        if mode != "incremental_by_time" or "time_column" not in known:
            return None
        said = data.get("time_column")
        if said is not None and str(said).lower() != tracking.column.lower():
            self.problems.add(
                "SK0238",
                f"time_column: {said} of a target is another than the node's, {tracking.column}",
                marks.value("time_column"),
                "leave it out: ranges are replaced by the column that they are processed by",
            )
        if "lookback" in known and data.get("lookback") is not None:
            self.problems.add(
                "SK0239",
                "lookback: of a target has no meaning where its node remembers ranges",
                marks.key("lookback"),
                "say it in the node: what is processed again is delivered again",
            )
        return tracking.column

    def check_connection(self, name: str, marks: Marks) -> None:
        # A URL is its own connection, and an engine's alias stands for its only one.
        if "://" in name or name in self.around.plugins.connection_types:
            return
        place = marks.value("connection")
        if problem := unknown_connection(name, self.around, place, self.raw.id):
            self.problems.append(problem)

    def check_label(self, declared: TargetType, data: Mapping[str, object], marks: Marks) -> None:
        """What is written has a name, unless it is left to the node's."""
        key = declared.label_field
        value = data.get(key)
        if isinstance(value, str) and not value.strip():
            self.problems.add("SK0225", f"{key}: is empty", marks.value(key), "say what it writes")

    def check_path(self, options: object, marks: Marks) -> None:
        if any(values_of(options, "outside")):
            return
        for entry in with_role(type(options), "path"):
            path = getattr(options, entry.name)
            if isinstance(path, str) and leads_outside(self.around.root, path):
                self.problems.append(outside_problem(path, marks.value(entry.key), self.raw.id))


def _says_outside(declared: TargetType, data: Mapping[str, object]) -> bool:
    entries = with_role(declared.options, "outside")
    return any(key in data for entry in entries for key in (entry.key, *entry.aliases))


def _nearest_mode(given: str, declared: TargetType) -> str:
    return next(iter(nearest(given, declared.modes)), given)


def _present(targets: Iterable[Target | None]) -> list[Target]:
    return [target for target in targets if target is not None]
