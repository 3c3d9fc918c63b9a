"""The source of a node: what its keys say of where rows come from, checked as far as files tell."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seeknal.kernel.options import convert, keys_of, salvage
from seeknal.kernel.roles import texts_of, with_role
from seeknal.project.build_context import (
    outside_problem,
    unfilled_problem,
    unknown_connection,
    unknown_type,
)
from seeknal.project.inside import leads_outside
from seeknal.project.profile.endpoints import implicit_connection, without_credentials
from seeknal.project.templates.rendering import text_begins
from seeknal.values.errors import did_you_mean
from seeknal.values.sources import Source

if TYPE_CHECKING:
    from seeknal.project.build_context import BuildContext
    from seeknal.project.keys import CommonKeys
    from seeknal.project.raw import RawNode
    from seeknal.project.templates.texts import NodeTexts
    from seeknal.values.columns import ColumnSpec
    from seeknal.values.location import Location
    from seeknal.values.problems import Problems

_PARAM = re.compile(r"""\bparams(?:\.|\[["'])(\w+)""")


class SourceBuilder:
    """Builds the source of one node."""

    def __init__(
        self, raw: RawNode, around: BuildContext, problems: Problems, texts: NodeTexts
    ) -> None:
        self.raw = raw
        self.around = around
        self.problems = problems.of(raw.id)
        self.texts = texts

    def build(
        self, common: CommonKeys, added: Any, columns: tuple[ColumnSpec, ...]
    ) -> Source | None:
        """What the keys say, with what the profile says of its type; None without a type."""
        marks = self.raw.marks
        if added.source is None:
            self.problems.add(
                "SK0205", "a source needs its type", self.raw.location, "source: csv, ..."
            )
            return None
        if added.table and added.query:
            self.problems.add("SK0206", "both table: and query: are given", marks.key("query"))
        for key, given in (("table", added.table), ("query", (added.query,))):
            if any(text is not None and not text.strip() for text in given):
                self.problems.add(
                    "SK0225", f"{key}: is empty", marks.value(key), "say what it reads"
                )
        params = {**self.around.source_defaults.get(added.source, {}), **common.params}
        connection = added.connection or params.pop("connection", None)
        if connection is not None:
            self.check_connection(str(connection), "connection" in self.raw.data)
        options: object = None
        if added.source != "python":
            texts = f"{added.query or ''} {added.version_query or ''}"
            asked = self.around.asked.get(str(connection), ())
            options = self.source_options(added.source, params, _params_in(texts), asked)
        self.check_templates(added.table, options)
        # What is read through a connection of its own type is a place on a server.
        if not added.allow_outside and added.source not in self.around.plugins.connection_types:
            self.check_paths(added.table, options)
        return Source(
            node=self.raw.id,
            type=added.source,
            options=options,
            table=added.table,
            query=self.query("query", added.query, common),
            connection=str(connection) if connection else None,
            columns=columns,
            refresh=self.refresh(added.refresh),
            version_query=self.query("version_query", added.version_query, common),
            allow_outside=added.allow_outside,
            provenance=self.around.provenance if common.provenance is None else common.provenance,
        )

    def source_options(
        self,
        type: str,
        params: Mapping[str, object],
        of_query: Collection[str],
        asked: Collection[str],
    ) -> object:
        """The options of a source's type; what only its query uses is not among them."""
        declared = self.around.plugins.source_types.get(type)
        if declared is None:
            place = self.raw.marks.value("source" if "source" in self.raw.data else "type")
            plugins = self.around.plugins
            help = unknown_type("source type", type, plugins, asked)
            lacks = plugins.lacking("source type", type, asked)
            self.problems.add("SK0208", f"unknown source type {type!r}", place, help, lacks=lacks)
            return None
        known = keys_of(declared.options)
        data = {key: params[key] for key in params if key in known or key not in of_query}
        marks = self.raw.marks.below("params")
        found = convert(
            declared.options, data, marks, self.problems, node=self.raw.id, what="option"
        )
        return salvage(declared.options, data, marks) if found is None else found

    def check_connection(self, name: str, own_key: bool) -> None:
        marks = self.raw.marks if own_key else self.raw.marks.below("params")
        place = marks.value("connection")
        problem = unknown_connection(name, self.around, place, self.raw.id)
        if problem is not None and "://" not in name:
            self.problems.append(problem)

    def check_templates(self, table: tuple[str, ...], options: object) -> None:
        """What a source reads is written out."""
        for (*_, key), entry, place in self.named(table, options):
            if (found := unfilled_problem(key, entry, place, self.raw.id)) is not None:
                self.problems.append(found)

    def check_paths(self, table: tuple[str, ...], options: object) -> None:
        """Files that a source names lie below the project."""
        for _, path, place in self.named(table, options):
            if leads_outside(self.around.root, path):
                self.problems.append(outside_problem(path, place, self.raw.id))

    def named(
        self, table: tuple[str, ...], options: object
    ) -> Iterator[tuple[tuple[str, ...], str, Location]]:
        """The keys that say what a source reads, with each value and its place."""
        keys: tuple[str, ...] = ("table",)
        for path in table:
            yield keys, path, self.raw.marks.value(*keys)
        for path in texts_of(options, "path"):
            keys = ("params", with_role(type(options), "path")[0].key)
            yield keys, path, self.raw.marks.value(*keys)

    def query(self, key: str, text: str | None, common: CommonKeys) -> str | None:
        if text is None:
            return None
        start = text_begins(self.raw.marks.value(key), text)
        return self.texts.filled_in(text, common.params, start).text

    def refresh(self, text: str | None) -> str | None:
        from seeknal.values.refresh import POLICIES, is_refresh

        if text is not None and not is_refresh(text):
            help = (
                did_you_mean(text, POLICIES) or "on_change, always, manual, 6h or a cron schedule"
            )
            place = self.raw.marks.value("refresh")
            self.problems.add("SK0203", f"refresh cannot be {text!r}", place, help)
        return text

    def endpoint(self, source: Source | None) -> dict[str, object]:
        """Where the source's connection leads: moving it elsewhere is another source."""
        if source is None:
            return {}
        name = source.connection or implicit_connection(source.type, self.around.plugins)
        if name is not None and "://" in name:
            return {"url": without_credentials(name)}
        found = (self.around.connections or {}).get(name or "")
        return found.definition if found else {}


def _params_in(text: str) -> frozenset[str]:
    """Parameters that a template names."""
    return frozenset(_PARAM.findall(text))
