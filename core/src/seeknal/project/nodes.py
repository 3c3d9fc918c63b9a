"""From a node as its file says it to a Node, with everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, frozen

from seeknal.kernel.options import UNKNOWN_KEY, convert, keys_of, loose_options, salvage
from seeknal.project.audits import build_audit, in_full
from seeknal.project.called import with_called
from seeknal.project.checks import UNKNOWN_REF
from seeknal.project.columns import columns_of
from seeknal.project.definition import definition_of
from seeknal.project.freshness import freshness_of
from seeknal.project.keys import CommonKeys, added_keys
from seeknal.project.merging import (
    inputs_of_both,
    merge_keys,
    of_either,
    own_names,
    refuse_changing,
    refuse_incremental,
)
from seeknal.project.notes import notes_of
from seeknal.project.references import may_name_nodes, resolved
from seeknal.project.sources import SourceBuilder
from seeknal.project.targets import TargetBuilder, own_keys
from seeknal.project.templates.calls import Calls
from seeknal.project.templates.rendering import render_values, text_begins
from seeknal.project.templates.texts import NodeTexts
from seeknal.project.tracked import timing_of
from seeknal.sql.names import find, named
from seeknal.values.errors import did_you_mean
from seeknal.values.names import NodeId
from seeknal.values.node import Input, Node, Sql
from seeknal.values.other_tools import KEYS
from seeknal.values.targets import Target

if TYPE_CHECKING:
    from seeknal.kernel.declared import TargetType
    from seeknal.kernel.kinds import NodeKind
    from seeknal.project.build_context import (
        BuildContext,
    )
    from seeknal.project.keys import InputKeys
    from seeknal.project.raw import RawNode
    from seeknal.values.audits import Audit
    from seeknal.values.dialects import Pairs
    from seeknal.values.location import Location
    from seeknal.values.marks import Marks
    from seeknal.values.problems import Problem, Problems
    from seeknal.values.sources import Source

_T = TypeVar("_T")
_REF = re.compile(r"ref\(\s*['\"]([^'\"]+)['\"]\s*\)")


_NO_INPUT = {UNKNOWN_REF, "SK0311", "SK0312", "SK0313"}
"""What is told of a name in SQL that stands for no input."""


@frozen(kw_only=True)
class Built:
    """A node as far as it could be made; ``sound`` when nothing is wrong with it.

    ``clear``: which rows it has is known in spite of what is wrong. ``wrong_targets``: those of
    its targets that are not among the node's for what is wrong with them. ``known``: what it is
    known to read where not all is clear.
    """

    node: Node
    sound: bool
    clear: bool
    known: tuple[Input, ...] = ()
    wrong_targets: tuple[Target, ...] = ()


def build_node(raw: RawNode, around: BuildContext, problems: Problems) -> Built | None:
    """The node, or None when too little of it is right or it is disabled."""
    return _Builder(raw, around, problems).build()


class _Builder:
    """Builds one node; its steps share the raw keys and the list of problems."""

    def __init__(self, raw: RawNode, around: BuildContext, problems: Problems) -> None:
        self.raw = raw
        self.around = around
        self.problems = problems.of(raw.id)
        self.before = len(problems)
        self.texts = NodeTexts(raw.id, around.scope, self.problems)
        self.source = SourceBuilder(raw, around, problems, self.texts)
        self.targets = TargetBuilder(raw, around, problems)
        self.id = raw.id
        self.merges_by: tuple[str, ...] = ()

    def build(self) -> Built | None:
        kind = self.around.plugins.kinds[self.raw.kind]
        data = {**self.around.node_defaults.of(self.raw.location.file), **self.raw.data}
        exposed = self.exposed_type(data, kind)
        common_data, added_data, kind_data = self.split(data, kind, exposed)
        common = self.converted(CommonKeys, common_data)
        added = self.converted(added_keys(kind), added_data)
        if common is None or added is None or not common.enabled:
            return None
        if exposed is not None and exposed.engine is not None:
            common = evolve(common, engine=exposed.engine)
        self.merges_by = merge_keys(common, kind, self.raw, self.problems)
        kind_data = self.with_old_keys(kind_data, common, kind)
        before = len(self.problems)
        options = self.converted(kind.options, kind_data, loose_options)
        whole = not self.problems.has_errors(before)
        # What is wrong in a kind's own keys hides what it reads only where they may say it.
        before = before if may_name_nodes(kind.options) else len(self.problems)
        options, named = self.with_ids(options, kind_data)
        inputs = self.inputs(common, kind, named)
        inputs = None if self.problems.has_errors(before) else inputs
        clear, readable = whole and inputs is not None, inputs is not None
        columns = columns_of(common, self.raw, self.problems)
        # Options that are wrong cannot be asked when rows are.
        asked = options if whole else None
        timing = timing_of(self.raw, data, common, asked, kind, columns, self.problems)
        self.texts.tracked = timing.tracking is not None and kind.does != "loads"
        before = len(self.problems)
        self.check_body(common, kind)
        self.check_engine(common, kind)
        # Names in the SQL mean little while its inputs are not known.
        if inputs is not None and kind.accepts_sql:
            sql, inputs = self.sql(common, inputs)
        else:
            sql, inputs = None, inputs or ()
        if self.problems.has_errors(before):
            told = {entry.code for entry in [*self.problems][before:] if entry.severity == "error"}
            # The rest of SQL that reads a node which is not there may be wrong as well.
            sql, clear = (sql if told <= _NO_INPUT else None), False
            readable = sql is not None
        source = self.source.build(common, added, columns) if kind.does == "loads" else None
        self.targets.tracking = timing.tracking
        targets = self.targets.declared(common, kind)
        if kind.does == "delivers" and added.type is not None:
            targets += self.targets.exposed(added.type, common, inputs, sql)
        audits = self.audits(common, kind)
        self.note_what_has_no_effect(common, kind)
        freshness = freshness_of(self.raw, data, common, kind, self.problems)
        sound = not self.problems.has_errors(self.before)
        reads = self.raw.reads
        # What is wrong has no definition: it is never run.
        definition, frame = (
            ("", "")
            if not sound
            else definition_of(
                kind=kind,
                options=options,
                inputs=inputs,
                sql=sql,
                pairs=self.pairs(common),
                code_hash=self.raw.code_hash,
                source=source,
                columns=columns,
                contract=common.contract,
                place=self.source.endpoint(source),
                python=self.python_reads(common),
                functional={
                    "materialized": common.materialized,
                    **({"unique_keys": sorted(self.merges_by)} if self.merges_by else {}),
                    "files": common.files,
                    **({"provenance": common.layer} if source and source.provenance else {}),
                    **self.selected(source),
                    **self.elsewhere(common),
                    **timing.functional(),
                },
            )
        )
        node = Node(
            id=self.id,
            location=self.raw.location,
            options=options,
            definition=definition,
            frame=frame,
            inputs=inputs,
            source=source,
            sql=sql,
            python=self.raw.python,
            audits=audits,
            targets=tuple(targets),
            columns=columns,
            contract=common.contract,
            materialized=common.materialized,
            description=common.description,
            owner=common.owner,
            tags=common.tags,
            meta=common.meta,
            keys=common.keys,
            merges_by=self.merges_by,
            time_column=common.time_column,
            timezone=common.timezone,
            schedule=timing.schedule,
            tracking=timing.over(inputs, sql, self.raw.python),
            freshness=freshness,
            layer=common.layer,
            domain=common.domain,
            business_purpose=common.business_purpose,
            engine=common.engine,
            params=common.params,
            volatile=self.volatility(common),
            # What has been merged is not merged again on another day.
            time_dependent="date" if self.texts.dated and not self.merges_by else None,
            files=common.files,
            env=tuple(dict.fromkeys((*common.env, *(reads.env if reads else ())))),
            notes=notes_of(data, kind, options) if sound else {},
            does=kind.does,
            rows_of_body=kind.rows_of_body,
            from_earlier=kind.from_earlier,
            marks=self.raw.marks,
        )
        wrong = tuple(self.targets.wrong)
        known = inputs if readable and options is not None else ()
        return Built(node=node, sound=sound, clear=clear, known=known, wrong_targets=wrong)

    def selected(self, source: Source | None) -> dict[str, object]:
        """The columns that a source reads of its table, where not all of them say a type."""
        kind = self.around.plugins.source_types.get(source.type) if source else None
        if source is None or kind is None or not kind.selects_columns or source.query is not None:
            return {}
        if all(column.type for column in source.columns):
            # Those with types are in the definition anyway.
            return {}
        return {"selected": [column.name for column in source.columns]}

    def elsewhere(self, common: CommonKeys) -> dict[str, object]:
        """The engine that is not DuckDB, and by which rules its SQL is written."""
        if common.engine in (None, "duckdb"):
            return {}
        from seeknal.sql.translating.pairs import version_of

        plugins = self.around.plugins
        engine = plugins.engines.get(common.engine)
        dialect = engine.dialect if engine and engine.dialect else common.engine
        version = version_of(plugins.dialect_pairs, "duckdb", dialect)
        return {"engine": common.engine, "translated": version}

    def pairs(self, common: CommonKeys) -> Pairs:
        """Between which dialects it is known what differs, where the node is in another."""
        return {} if common.dialect == "duckdb" else self.around.plugins.dialect_pairs

    def converted(
        self,
        cls: type[_T],
        data: Mapping[str, object],
        salvaged: Callable[[type[_T], Mapping[str, object], Marks], _T | None] = salvage,
    ) -> _T | None:
        """The keys as the class that reads them; without those that are wrong, which are told."""
        marks = self.raw.marks
        found = convert(cls, data, marks, self.problems, node=self.id)
        return salvaged(cls, data, marks) if found is None else found

    def exposed_type(self, data: Mapping[str, object], kind: NodeKind) -> TargetType | None:
        """The type by which an exposure is delivered, where it names one that there is."""
        type = data.get("type") if kind.does == "delivers" else None
        return self.around.plugins.target_types.get(type) if isinstance(type, str) else None

    def split(
        self, data: Mapping[str, object], kind: NodeKind, exposed: TargetType | None
    ) -> tuple[dict[str, object], dict[str, object], dict[str, object]]:
        """The keys by who reads them; an unknown one is reported with the nearest known."""
        owners = [keys_of(CommonKeys), keys_of(added_keys(kind)), keys_of(kind.options)]
        owners += [own_keys(exposed)] if exposed else []
        parts: tuple[dict[str, object], ...] = ({}, {}, {}, {})
        # A kind's own key hides a common one of the same name, as one of its type does.
        order = range(len(owners) - 1, -1, -1)
        for key, value in data.items():
            place = next((index for index in order if key in owners[index]), None)
            if place is None:
                self.unknown(key, [name for names in owners for name in names])
            else:
                parts[place][key] = value
        return parts[0], parts[1], parts[2]

    def unknown(self, key: str, known: Collection[str]) -> None:
        help = (
            KEYS.get(key) or did_you_mean(key, known) or "only below meta: may stand what you like"
        )
        self.problems.add(UNKNOWN_KEY, f"unknown key {key!r}", self.raw.marks.key(key), help)

    def with_old_keys(
        self, data: dict[str, object], common: CommonKeys, kind: NodeKind
    ) -> dict[str, object]:
        """Options that seeknal 2.x writes below ``materialization:``."""
        old = common.materialization or {}
        moved = {
            key: old[before]
            for before, key in kind.old_settings.items()
            if key and before in old and key not in data
        }
        return {**data, **moved}

    def with_ids(self, options: Any, written: object) -> tuple[Any, list[Input]]:
        """A kind's own options, with the ids of the nodes that they name; and these as inputs."""
        named: list[Input] = []

        def resolve(name: NodeId, path: tuple[str | int, ...]) -> NodeId:
            named.append(self.input(name, self.raw.marks.value(*path)))
            return named[-1].ref

        return resolved(options, written, resolve), named

    def inputs(
        self, common: CommonKeys, kind: NodeKind, named: list[Input]
    ) -> tuple[Input, ...] | None:
        """The inputs, declared and ``named``, each once; None when one could mean several nodes."""
        before = len(self.problems)
        found = [
            self.input(entry, self.raw.marks.value(key, index))
            for key in ("inputs", "depends_on")
            for index, entry in enumerate(getattr(common, key))
        ]
        source = self.raw.data.get("source")
        if kind.does != "loads" and isinstance(source, str):
            found.append(self.input(source, self.raw.marks.value("source")))
        found += named
        if len(self.problems) > before:
            return None
        return tuple({(entry.ref, entry.alias): entry for entry in reversed(found)}.values())[::-1]

    def input(self, entry: str | InputKeys, place: Location) -> Input:
        ref, alias = (entry, None) if isinstance(entry, str) else (entry.ref, entry.as_)
        return Input(ref=self.full_id(ref, place), alias=alias, location=place)

    def full_id(self, ref: str, place: Location) -> NodeId:
        """``ref`` as an id; a name without kind is completed where only one node has it."""
        text = ref.strip()
        if match := _REF.fullmatch(text):
            text = match[1]
        if "." in text:
            return find(text, self.around.known) or NodeId(text)
        candidates = [id for id in named(text, self.around.known) if id != self.id]
        if len(candidates) > 1:
            help = f"write {' or '.join(candidates)}"
            self.problems.add("SK0311", f"{text!r} could be several nodes", place, help)
        return candidates[0] if candidates else NodeId(text)

    def check_body(self, common: CommonKeys, kind: NodeKind) -> None:
        """Where SQL may stand, and where there must be some."""
        given = [key for key in ("transform", "sql") if getattr(common, key) is not None]
        if given and not kind.accepts_sql:
            help = "query: runs in the database; other SQL belongs into a transform that reads it"
            own = self.raw.sql_at is None
            message = f"a {kind.name} takes no {f'{given[0]}:' if own else 'SQL'}"
            marks = self.raw.marks
            place = marks.key(given[0]) if own else marks.value("kind")
            self.problems.add("SK0217", message, place, help if kind.does == "loads" else None)
        if kind.rows_of_body and not given and not self.has_other_body(common):
            message = f"a {kind.name} needs what it computes"
            self.problems.add(
                "SK0218", message, self.raw.location, "sql: SELECT ... FROM ref('...')"
            )

    def check_engine(self, common: CommonKeys, kind: NodeKind) -> None:
        """Rows that are made from earlier ones are made here: an engine knows none of these."""
        if kind.from_earlier and common.engine not in (None, "duckdb"):
            message = (
                f"a {kind.name} does not run on {common.engine}: its earlier rows are not there"
            )
            help = "read a transform with engine: in it, and leave engine: out here"
            self.problems.add("SK0248", message, self.raw.marks.value("engine"), help)

    def has_other_body(self, common: CommonKeys) -> bool:
        """Whether a function, or a file that could not be had, computes the rows."""
        return self.raw.python is not None or common.sql_file is not None

    def sql(
        self, common: CommonKeys, inputs: tuple[Input, ...]
    ) -> tuple[Sql | None, tuple[Input, ...]]:
        key = "transform" if common.transform is not None else "sql"
        text = getattr(common, key)
        if text is None:
            return None, inputs
        if common.transform is not None and common.sql is not None:
            place = self.raw.marks.key("sql")
            self.problems.add(
                "SK0204", "both transform: and sql: are given", place, "keep one of them"
            )
        start = self.raw.sql_at or text_begins(self.raw.marks.value(key), text)
        if not self.merges_by:
            # A range is processed on top of those before it, so it is always one more.
            own: dict[str, object] = {}
            if self.texts.tracked:
                own = own_names(self.id, incremental=True, dialect=common.dialect)
            return self.sql_of(text, start, common, inputs, own)
        before = len(self.problems)
        sql, read = self.sql_of(text, start, common, inputs, own_names(self.id, incremental=False))
        first = self.problems.take(before)
        own = own_names(self.id, incremental=True, dialect=common.dialect)
        increment, also = self.sql_of(text, start, common, inputs, own)
        self.problems += of_either(first, self.problems.take(before))
        if sql is None or increment is None:
            return None, inputs
        if sql.rendered != increment.rendered:
            sql = evolve(sql, incremental=increment)
        return sql, inputs_of_both(read, also)

    def sql_of(
        self,
        text: str,
        start: Location,
        common: CommonKeys,
        inputs: tuple[Input, ...],
        own: Mapping[str, object] = MappingProxyType({}),
    ) -> tuple[Sql | None, tuple[Input, ...]]:
        """The SQL that ``text`` is with its ``own`` names, and what that reads."""
        from seeknal.sql.positions import place_in_rendered
        from seeknal.sql.refs import resolve_sql
        from seeknal.sql.tokens import offset_of

        calls = Calls(self.around.scope.functions, self.id)
        rendered = self.texts.filled_in(text, common.params, start, calls, common.dialect, own)
        if not rendered.ok:
            return None, inputs
        if self.merges_by:
            refuse_changing(rendered, start, self.problems)
        elif self.texts.tracked and "is_incremental" in rendered.used:
            refuse_incremental(text, start, self.problems)
        reads_itself = "this" in own and "this" in rendered.used

        def locate(line: int, column: int) -> Location:
            offset = offset_of(rendered.text, line, column)
            return place_in_rendered(self.around.root, start, text, rendered.text, offset)

        resolved = resolve_sql(
            rendered.text,
            inputs=inputs,
            known=self.around.known,
            node=self.id,
            location=start,
            dialect=common.dialect,
            pairs=self.pairs(common),
            reads_itself=reads_itself,
            locate=locate,
        )
        self.problems += map(self.at_dialect, resolved.problems)
        self.texts.gather(resolved.time_dependent, resolved.volatile)
        if common.volatile is not True:
            self.refuse_outside(resolved.reads_outside, locate)
        sql = Sql(
            text=text,
            rendered=rendered.text,
            executable=resolved.executable,
            location=start,
            dialect=common.dialect,
            edits=resolved.edits,
            calls=tuple(calls.made),
            reads_itself=reads_itself,
        )
        return sql, with_called(
            sql,
            resolved,
            calls=calls,
            declared=inputs,
            engine=common.engine,
            locate=locate,
            problems=self.problems,
        )

    def at_dialect(self, problem: Problem) -> Problem:
        """A problem of the SQL's dialect at its own key, where it has one."""
        if problem.code != "SK0454" or "dialect" not in self.raw.data:
            return problem
        return evolve(problem, location=self.raw.marks.value("dialect"))

    def refuse_outside(
        self, reads: tuple[tuple[str, int], ...], locate: Callable[[int, int], Location]
    ) -> None:
        for what, line in reads:
            self.problems.add(
                "SK0405",
                f"the SQL reads {what} itself, so a change of it would go unseen",
                locate(line, 0),
                "declare a source and read that, or say volatile: true",
            )

    def python_reads(self, common: CommonKeys) -> Mapping[str, object] | None:
        """What ``ctx`` gives to a Python node's code beside its inputs."""
        reads = self.raw.reads
        if self.raw.code_hash is None or reads is None:
            return None
        values = self.around.scope.values
        names = values.keys() if reads.variables is None else reads.variables
        return {
            "params": dict(common.params),
            "vars": {name: [name in values, values.get(name)] for name in sorted(names)},
            "contract": common.contract,
        }

    def volatility(self, common: CommonKeys) -> str | None:
        if common.volatile is False:
            return None
        declared = "declared" if common.volatile else None
        if not self.merges_by:
            return self.texts.volatile or declared or self.unforeseen(common)
        # That now() is another moment is no reason to merge the same inputs once more.
        if declared is None and (unknown := self.unforeseen(common, ("files", "env"))):
            text = f"whether its inputs are new cannot be told: {unknown}"
            help = "volatile: true merges in each run"
            self.problems.add("SK0284", text, self.raw.location, help)
        return declared

    def unforeseen(
        self, common: CommonKeys, kinds: Collection[str] = ("files", "env", "run")
    ) -> str | None:
        """What a Python node reads that only its run can tell; what it declares is known."""
        if self.raw.data.get("refresh") not in (None, "on_change"):
            # When a source is read again has been said.
            return None
        unknown = self.raw.reads.unknown if self.raw.reads else {}
        for what, declared in (("files", common.files), ("env", common.env), ("run", ())):
            if what in kinds and what in unknown and not declared:
                help = f"; {what}: says what it reads" if what != "run" else ""
                return f"{unknown[what]}{help}"
        return None

    def audits(self, common: CommonKeys, kind: NodeKind) -> tuple[Audit, ...]:
        if common.audits and not kind.produces_rows and kind.does != "checks":
            place = self.raw.marks.key("audits")
            self.problems.add("SK0904", f"a node of kind {kind.name} has no rows to audit", place)
            return ()
        if kind.does == "checks":
            return ()
        marks = self.raw.marks
        return tuple(
            audit
            for index, entry in enumerate(common.audits)
            if (audit := self.audit(entry, marks.below("audits", index), self.id)) is not None
        )

    def audit(self, entry: Mapping[str, object] | str, marks: Marks, node: NodeId) -> Audit | None:
        data = {"type": entry} if isinstance(entry, str) else entry
        data = render_values(data, self.around.scope, marks, self.problems, node)
        before = len(self.problems)
        audit = build_audit(data, marks, node, self.around, self.problems)
        if isinstance(entry, str):
            self.problems += [in_full(entry, each) for each in self.problems.take(before)]
        return audit

    def note_what_has_no_effect(self, common: CommonKeys, kind: NodeKind) -> None:
        if common.engine not in (None, "duckdb", *self.around.plugins.engines):
            missing = self.around.plugins.missing("engine", str(common.engine))
            self.problems.add(
                "SK0222",
                f"no installed plugin provides the engine {common.engine!r}",
                self.raw.marks.value("engine"),
                missing or "engine: duckdb, or leave it out",
                lacks=self.around.plugins.lacking("engine", str(common.engine)),
            )
        if kind.does != "loads" and "provenance" in self.raw.data and common.provenance:
            text = "provenance: is accepted but not used"
            self.problems.add("SK0212", text, self.raw.marks.key("provenance"), severity="warn")
