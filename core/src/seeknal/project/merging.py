"""Nodes whose new rows are merged into those that they have: what their keys may say, and how
their SQL speaks of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_name
from seeknal.values.location import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from seeknal.kernel.kinds import NodeKind
    from seeknal.project.keys import CommonKeys
    from seeknal.project.raw import RawNode
    from seeknal.project.templates.rendering import Rendered
    from seeknal.values.names import NodeId
    from seeknal.values.node import Input
    from seeknal.values.problems import Problem, Problems

UNUSED_INPUT = "SK0315"
_BOTH_WAYS = (
    "unique_keys: [order_id] merges new rows by key; time_column: and schedule: process ranges"
    " of time"
)


def merge_keys(
    common: CommonKeys, kind: NodeKind, raw: RawNode, problems: Problems
) -> tuple[str, ...]:
    """The columns by which a node's new rows are merged into those that it has.

    None for a node that is computed as a whole. What cannot be goes to ``problems``.
    """
    marks, keys = raw.marks, common.unique_keys
    given = next((key for key in ("unique_keys", "unique_key") if key in raw.data), None)
    place = marks.key(given) if given else marks.value("materialized")
    if common.materialized != "incremental":
        if keys:
            help = "materialized: incremental merges new rows by them; a target has its own"
            problems.add("SK0281", "unique_keys: without materialized: incremental", place, help)
        # What defaults: say is for those nodes that can be one.
        if kind.from_earlier and raw.data.get("materialized") == "view":
            text = f"a {kind.name} is no view: its rows are made from those of all its runs"
            place = marks.value("materialized")
            problems.add("SK0281", text, place, "leave materialized: out: it is stored")
        return ()
    if common.schedule and common.time_column:
        # It processes ranges of time.
        return ()
    if not kind.rows_of_body:
        text = f"a {kind.name} does not merge rows by key"
        help = "read it in a transform that is materialized: incremental"
        problems.add("SK0281", text, marks.value("materialized"), help)
    elif not keys:
        text = "materialized: incremental does not say how new rows get to earlier ones"
        problems.add("SK0280", text, marks.value("materialized"), _BOTH_WAYS)
    elif common.engine not in (None, "duckdb"):
        text = f"rows of the engine {common.engine} are not merged by key"
        help = "read them in a transform without engine:"
        problems.add("SK0281", text, marks.value("materialized"), help)
    elif len({key.lower() for key in keys}) < len(keys):
        problems.add("SK0281", "unique_keys: names a column twice", place, "name it once")
    return keys


def own_names(node: NodeId, *, incremental: bool, dialect: str = "duckdb") -> dict[str, object]:
    """What the templates of a node that has earlier rows know of them."""
    names: dict[str, object] = {"is_incremental": lambda: incremental}
    # Other dialects have other quotes, and a node's name needs none.
    this = quote_name(node.kind, node.name) if dialect == "duckdb" else str(node)
    return {**names, "this": this} if incremental else names


def refuse_incremental(text: str, start: Location, problems: Problems) -> None:
    """Tell of a condition for new rows in a node of which each range is processed by itself.

    It would hold for the first range too, of which nothing is there to compare with.
    """
    before = text[: text.index("is_incremental")].count("\n")
    problems.add(
        "SK0285",
        "is_incremental() in a node that is processed by ranges of time",
        Location(start.file, start.line + before),
        "leave the condition out: its inputs are cut to the range already; without schedule: and"
        " time_column:, unique_keys: merges new rows",
    )


def refuse_changing(rendered: Rendered, place: Location, problems: Problems) -> None:
    """Tell of names that make the SQL another one by themselves, as the node then starts over."""
    from seeknal.project.templates.rendering import DATED, RUN_ID

    for name in sorted(rendered.used & (DATED | {RUN_ID})):
        often = "run" if name == RUN_ID else "day"
        problems.add(
            "SK0282",
            f"{{{{ {name} }}}} makes the SQL another one each {often}, and the node would start"
            " over",
            place,
            "write it as SQL, such as current_date, or let a column of an input say it",
        )


def of_either(first: Sequence[Problem], second: Sequence[Problem]) -> list[Problem]:
    """What is wrong with one of two texts, each told once; an input is for the one or the other."""
    there = {problem for problem in second if problem.code == UNUSED_INPUT}
    kept = [each for each in first if each.code != UNUSED_INPUT or each in there]
    return kept + [each for each in second if each not in first and each.code != UNUSED_INPUT]


def inputs_of_both(first: Iterable[Input], second: Iterable[Input]) -> tuple[Input, ...]:
    """What either of two texts reads."""
    found: Mapping[tuple[NodeId, str | None], Input] = {
        (entry.ref, entry.alias): entry for entry in (*second, *first)
    }
    order = dict.fromkeys((entry.ref, entry.alias) for entry in (*first, *second))
    return tuple(found[key] for key in order)
