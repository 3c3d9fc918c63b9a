"""What kind of change a node's new definition is: the one place that decides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.graph.fingerprint import audits_key, config_hash
from seeknal.plan.effects import ALL, NONE, Effect
from seeknal.values.changes import Category

if TYPE_CHECKING:
    from seeknal.sql.differences import Difference
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Fingerprint, Snapshot


@frozen(kw_only=True)
class Before:
    """An earlier definition: its SQL as DuckDB runs it, and the hash of the rest."""

    executable: str
    frame: str


@frozen(kw_only=True)
class Verdict:
    """A category, what changed in a few words, why that is the category, and what it does.

    ``renamed`` are new names of columns by their old ones, turned round.
    """

    category: Category
    reason: str
    explanation: str
    effect: Effect = NONE
    renamed: dict[str, str] = field(factory=dict)


def categorise(
    node: Node,
    fingerprint: Fingerprint,
    snapshot: Snapshot | None,
    before: Before | None = None,
    columns: Sequence[Column] | None = None,
    inputs: Mapping[NodeId, Sequence[Column]] | None = None,
) -> Verdict | None:
    """The category of a node's own change since ``snapshot``; None for no change.

    ``before`` is what it was built from, ``columns`` what it will give, ``inputs`` what it reads,
    where the columns of all of that are known; without the first two, and for
    everything that cannot be compared, a new definition is BREAKING. Whether a change of single
    columns breaks anything is for its readers to say: here it is NON_BREAKING with its effect.
    """
    if snapshot is None:
        return Verdict(
            category="ADDED",
            reason="new node",
            explanation="the environment has no output of it",
            effect=ALL,
        )
    if fingerprint.content != snapshot.fingerprint.content:
        return _definition(node, snapshot, before, columns, inputs)
    if config_hash(node) == snapshot.fingerprint.config:
        return None
    return Verdict(
        category="METADATA",
        reason=_settings(node, snapshot),
        explanation="its rows are computed as before",
    )


def _definition(
    node: Node,
    snapshot: Snapshot,
    before: Before | None,
    columns: Sequence[Column] | None,
    inputs: Mapping[NodeId, Sequence[Column]] | None,
) -> Verdict | None:
    if snapshot.dated == node.definition:
        # Another day is no change of the files.
        return None
    old = snapshot.artifact.columns if snapshot.artifact else None
    if (named := _of_ranges(node, snapshot)) and _has_same_sql(node, before):
        return Verdict(
            category="BREAKING",
            reason=f"{', '.join(named)} changed",
            explanation="its rows are of other ranges of time",
            effect=ALL,
        )
    if node.merges_by:
        return _unknown(node, "it starts over, from its inputs as they are")
    if node.from_earlier:
        return _unknown(node, "it goes on from the rows that it has, which stay")
    if node.sql is None or before is None or columns is None or old is None:
        return _unknown(node, "what it was before, or what it gives now, is not known")
    if not node.rows_of_body or before.frame != node.frame:
        return _unknown(node, "more than its SQL changed, or its kind makes more of it")
    return _sql(before.executable, node.sql.executable, old, columns, inputs)


def _of_ranges(node: Node, snapshot: Snapshot) -> list[str]:
    """The keys that say of which ranges of time rows are, as far as they have changed."""
    before = snapshot.fingerprint.notes
    if node.tracking is None and "schedule" not in before:
        return []
    keys = ("time_column", "schedule", "timezone")
    return [key for key in keys if node.notes.get(key) != before.get(key)]


def _has_same_sql(node: Node, before: Before | None) -> bool:
    if node.sql is None or before is None:
        return False
    return before.executable == node.sql.executable and before.frame != node.frame


def _unknown(node: Node, why: str) -> Verdict:
    what = "SQL" if node.sql else "Python code" if node.python else "definition"
    return Verdict(
        category="BREAKING",
        reason=f"{what} changed",
        explanation=f"its rows may be others: {why}",
        effect=ALL,
    )


def _sql(
    before: str,
    after: str,
    old: Sequence[Column],
    new: Sequence[Column],
    inputs: Mapping[NodeId, Sequence[Column]] | None,
) -> Verdict:
    from seeknal.values.column_lineage import Untraceable

    try:
        found = told(before, after, old, new, inputs)
    except (Untraceable, RecursionError, KeyError, TypeError) as error:
        return Verdict(
            category="BREAKING",
            reason="SQL changed",
            explanation=f"its rows may be others: {error}",
            effect=ALL,
        )
    if found.rows:
        return Verdict(
            category="BREAKING",
            reason=f"SQL changed: {', '.join(found.rows)}",
            explanation="it may give other rows",
            effect=ALL,
        )
    recased = _recased(old, new)
    return Verdict(
        category="NON_BREAKING",
        reason=_columns(found, recased),
        explanation="the same rows, but for these columns"
        if found.columns or recased
        else "the same rows in another order"
        if found.order
        else "the same rows",
        effect=effect_of(found, old, new),
        renamed=dict(found.renamed),
    )


def told(
    before: str,
    after: str,
    old: Sequence[Column],
    new: Sequence[Column],
    inputs: Mapping[NodeId, Sequence[Column]] | None,
) -> Difference:
    """What a new version does differently, by the query's parts where those tell more."""
    from seeknal.plan.parts import difference_in_parts
    from seeknal.sql.differences import difference
    from seeknal.sql.lineage.functions import is_exact
    from seeknal.values.column_lineage import ColumnRef, Untraceable

    old_names, new_names = [c.name for c in old], [c.name for c in new]
    found = difference(before, after, old_names, new_names)
    if not found.rows or inputs is None:
        return found
    tables: dict[tuple[str, ...], tuple[str, Sequence[str]]] = {
        tuple(str(id).lower().split(".", 1)): (str(id), [column.name for column in columns])
        for id, columns in inputs.items()
    }
    inexact = frozenset(
        ColumnRef(str(id), column.name)
        for id, columns in inputs.items()
        for column in columns
        if not is_exact(column.type)
    )
    try:
        return difference_in_parts(before, after, old_names, new_names, tables, inexact)
    except (Untraceable, RecursionError, KeyError, TypeError, ValueError, AttributeError):
        return found


def effect_of(found: Difference, old: Sequence[Column], new: Sequence[Column]) -> Effect:
    """What a difference of two versions with these columns makes of the output."""
    if found.rows:
        return ALL
    types = {column.name.lower(): column.type for column in old}
    retyped = {c.name.lower() for c in new if types.get(c.name.lower(), c.type) != c.type}
    # To compute another column the engine may go about it in another order.
    order = found.order or (bool(found.columns) and not found.steady)
    columns = found.columns | retyped | {name.lower() for name in _recased(old, new)}
    return Effect(order=order, positions=found.moved, columns=columns)


def _recased(old: Sequence[Column], new: Sequence[Column]) -> dict[str, str]:
    """Earlier names of columns by new ones that differ from them in upper and lower case only.

    Readers show them: `SELECT *` hands a name on as it is written.
    """
    names = {column.name.lower(): column.name for column in old}
    pairs = {column.name: names.get(column.name.lower(), column.name) for column in new}
    return {name: was for name, was in pairs.items() if name != was}


def _columns(found: Difference, recased: Mapping[str, str]) -> str:
    old_names = set(found.renamed.values())
    renamed = {**found.renamed, **recased}
    parts = {
        "renamed": [f"{old} to {new}" for new, old in renamed.items()],
        "added": [name for name in found.added if name not in found.renamed],
        "removed": [name for name in found.removed if name not in old_names],
        "changed": list(found.changed),
    }
    texts = [
        f"{'column' if len(names) == 1 else 'columns'} {word}: {', '.join(names)}"
        for word, names in parts.items()
        if names
    ]
    if found.moved:
        texts.append("order of columns changed")
    if found.order:
        texts.append("order of rows changed")
    return "; ".join(texts) or "SQL changed"


def _settings(node: Node, snapshot: Snapshot) -> str:
    changed = []
    if audits_key(node.audits) != snapshot.audits_key:
        changed.append("audits")
    if {target.key for target in node.targets} != set(snapshot.deliveries):
        changed.append("targets")
    before = snapshot.fingerprint.notes
    keys = dict.fromkeys((*node.notes, *before))
    changed += [key for key in keys if node.notes.get(key) != before.get(key)]
    return ", ".join(changed) or "description, tags or owner"
