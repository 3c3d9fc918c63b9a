"""A test of a node made from the rows that its inputs have stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.host import clock
from seeknal.plan.planning import pool_of
from seeknal.project.yaml_files import read_texts
from seeknal.query.stored import lineage_of, private_in
from seeknal.run.failures import explain
from seeknal.sql.check import SqlRefused
from seeknal.sql.condition import check_condition
from seeknal.sql.tokens import tokenize
from seeknal.unittests.choosing.choose import choose
from seeknal.unittests.choosing.goals import Choice
from seeknal.unittests.comparing import answer_of
from seeknal.unittests.fakes import Fakes, key_of
from seeknal.unittests.narrowing import narrow
from seeknal.unittests.queries import (
    Question,
    last_range,
    query_of,
    question_of,
    texts_in,
)
from seeknal.unittests.reading import read_case
from seeknal.unittests.running import trial_of
from seeknal.unittests.sampling import (
    OUTPUT,
    Sample,
    check_stored,
    put_fakes,
    replace_text,
    restrict,
    sampled,
    secrets_in,
)
from seeknal.unittests.trials import Preparer, refuse
from seeknal.unittests.writing import expecting, text_of
from seeknal.values.errors import SeeknalError, UsageError, did_you_mean
from seeknal.values.problems import Problems

if TYPE_CHECKING:
    from seeknal.lineage.model import NodeLineage
    from seeknal.plan.session import Loaded
    from seeknal.unittests.bench import Bench, Trial
    from seeknal.unittests.choosing.goals import Goal
    from seeknal.unittests.comparing import Answer
    from seeknal.unittests.types import Types
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Snapshot


@frozen(kw_only=True)
class Wish:
    """What tests are to be made of.

    ``most`` rows of an input at most. ``where`` lets through only rows of those inputs that have
    the columns that it names; ``budget`` are seconds for the choice of rows; ``query`` is how a
    metric is asked.
    """

    environment: str
    most: int | None = None
    where: str | None = None
    budget: float = 30.0
    query: Mapping[str, object] | None = None


@frozen(kw_only=True)
class Draft:
    """The rows that were chosen for a test: those of each input are in ``sample``, by ``rowid``."""

    question: Question
    sample: Sample
    choice: Choice
    lineage: NodeLineage

    def read(self, id: NodeId) -> Sequence[Column]:
        """The columns of an input that the node reads; all of them where that is not known."""
        columns = self.sample.tables[id]
        reads = self.lineage.reads(id)
        if id not in self.lineage.parents or reads.columns is None:
            # Its own rows, or those of a node that a metric's model is of.
            return columns
        names = {name.lower() for name in reads.columns}
        return [column for column in columns if column.name.lower() in names] or columns[:1]


def why_not(node: Node) -> str | None:
    """Why no test can be made of a node; None where one may."""
    if node.does == "loads":
        return f"{node.id} reads its rows from outside: test a node that reads it"
    if node.does == "checks":
        return f"{node.id} computes no rows: its audits are tests already"
    if node.does == "delivers" and node.sql is None:
        return f"{node.id} computes no rows: test what it delivers"
    return None


@contextmanager
def drafted(loaded: Loaded, node: Node, wish: Wish) -> Iterator[Draft]:
    """The rows for a test of a node. Raises SeeknalError where none can be made."""
    if (why := why_not(node)) is not None:
        raise UsageError(why, code="SK1706", location=node.location)
    snapshots = dict(loaded.snapshots(wish.environment))
    before = _before(loaded, node, snapshots)
    moment = _moment(snapshots.get(node.id))
    ids = _inputs(loaded, node, wish, snapshots)
    output = node.id if before is None and _has_rows(snapshots.get(node.id)) else None
    if before is not None:
        snapshots[node.id] = before
        ids = [*ids, node.id]
    with sampled(loaded, snapshots, ids, moment, output) as sample:
        _restrict(sample, wish.where)
        question = Question(
            node=node,
            columns=sample.tables,
            environment=wish.environment,
            moment=moment,
            interval=last_range(loaded, node, wish.environment),
            query=wish.query,
        )
        query = query_of(loaded, question)
        lineage = lineage_of(loaded, wish.environment)
        narrow(sample, OUTPUT if output else None, lineage.nodes[node.id], query)
        _put_fakes(loaded, sample, query, wish.environment)
        choice = _at_most(_chosen(loaded, sample, query, wish.budget), wish.most)
        traced = lineage.nodes[node.id]
        yield Draft(question=question, sample=sample, choice=choice, lineage=traced)


def _inputs(
    loaded: Loaded, node: Node, wish: Wish, snapshots: Mapping[NodeId, Snapshot]
) -> list[NodeId]:
    """The nodes whose rows it is computed from; of a metric those that its question is about."""
    if node.does == "describes":
        return _asked_about(loaded, node, wish, snapshots)
    kinds = loaded.plugins.kinds
    return [id for id in node.parents if kinds[id.kind].produces_rows]


def _asked_about(
    loaded: Loaded, node: Node, wish: Wish, snapshots: Mapping[NodeId, Snapshot]
) -> list[NodeId]:
    asked: dict[NodeId, None] = {}

    def columns_of(id: NodeId) -> Sequence[Column]:
        asked[id] = None
        check_stored(snapshots, [id])
        return snapshots[id].columns or ()

    loaded.plugins.hooks.compile_metric(
        query=question_of(node, wish.query),
        project=loaded.project,
        columns_of=columns_of,
        dialect="duckdb",
        duckdb=None,
    )
    return [*asked]


def _has_rows(snapshot: Snapshot | None) -> bool:
    return snapshot is not None and snapshot.artifact is not None


def _before(loaded: Loaded, node: Node, snapshots: Mapping[NodeId, Snapshot]) -> Snapshot | None:
    """The rows that a node goes on from, or looks at: those before its last run, as far as they
    are kept; of a tracked node all, of which it sees those before its range."""
    now = snapshots.get(node.id)
    if node.tracking is not None and node.tracking.reads_itself:
        return now if _has_rows(now) else None
    if not node.goes_on or now is None or now.merged is None or not now.merged.into:
        return None
    found = pool_of(loaded).output(node.id, now.merged.into)
    return found if _has_rows(found) else None


def _moment(snapshot: Snapshot | None) -> datetime:
    """When the node ran last, in whole seconds: its rows may be of that day."""
    text = snapshot.made_at if snapshot is not None else ""
    found = datetime.fromisoformat(text) if text else clock.now()
    return found.astimezone(UTC).replace(microsecond=0)


def _restrict(sample: Sample, where: str | None) -> None:
    """Leave rows for which the condition is true, in inputs that have all of its columns."""
    if where is None:
        return
    from sqlglot import exp, parse_one

    try:
        condition = check_condition(where, one_row=True)
    except SqlRefused as error:
        help = "--where 'customer_id = 42'"
        raise UsageError(f"--where: {error}", code="SK1707", help=help) from None
    names = {column.name.lower() for column in parse_one(condition).find_all(exp.Column)}
    known = {
        id: {column.name.lower() for column in columns} for id, columns in sample.tables.items()
    }
    concerned = [id for id, columns in known.items() if names <= columns]
    if not concerned:
        every = sorted(set().union(*known.values()))
        wrong = next((name for name in sorted(names) if name not in every), None)
        near = did_you_mean(wrong, every) if wrong else None
        help = near or f"name columns of one input: {', '.join(every)}"
        raise UsageError(
            f"--where {where!r}: no input has all of its columns", code="SK1707", help=help
        )
    for id in concerned:
        restrict(sample, id, condition)


def _put_fakes(loaded: Loaded, sample: Sample, query: str | None, environment: str) -> None:
    """Let no row have a private value or a secret any more."""
    private = private_in(loaded, lineage_of(loaded, environment), environment)
    hidden = {
        id: {column.name.lower() for column in columns if private[id].hides(column.name)}
        for id, columns in sample.tables.items()
    }
    if any(hidden.values()):
        fakes = Fakes(key_of(loaded.project.root), kept=texts_in(query))
        for id, columns in hidden.items():
            put_fakes(sample, id, columns, fakes)


def _chosen(loaded: Loaded, sample: Sample, query: str | None, budget: float) -> Choice:
    """Rows without a secret among them: where one has it, its text gets a fake, and others may do
    better then."""
    while True:
        if query is None:
            choice = Choice(kept=_first(sample), reached=(), unreached=())
        else:
            choice = choose(sample.cursor, query, sample.tables, budget=budget)
        found = [*secrets_in(sample, choice.kept)]
        if not found:
            return choice
        fakes = Fakes(key_of(loaded.project.root))
        for id, column, text in found:
            replace_text(sample, id, column, text, fakes)


def _at_most(choice: Choice, most: int | None) -> Choice:
    if most is None:
        return choice
    return evolve(choice, kept={id: rows[:most] for id, rows in choice.kept.items()})


def _first(sample: Sample) -> dict[NodeId, tuple[int, ...]]:
    return {id: tuple(range(min(10, sample.rows(id)))) for id in sample.tables}


@frozen(kw_only=True)
class Created:
    """A test of a node: the text of its file, and how many rows each of its inputs has.

    ``unmet`` are changes of its SQL that its rows do not show, in words, and ``unshown`` those that
    no row of the inputs does; ``unstable`` the columns that are left out of what is expected.
    """

    node: NodeId
    text: str
    rows: Mapping[NodeId, int]
    unmet: tuple[str, ...] = ()
    unshown: tuple[str, ...] = ()
    unstable: tuple[str, ...] = ()


_TOLD = ("joins", "conditions", "expressions", "windows", "aggregates", "constants", "grouping")
"""Themes of changes that people make, the most telling first; others are about rows that are
there, and so of no use to tell where there are none."""


def _worth_telling(goals: Iterable[Goal]) -> Iterator[str]:
    told = [goal for goal in goals if goal.theme in _TOLD]
    yield from (goal.words for goal in sorted(told, key=lambda goal: _TOLD.index(goal.theme)))


def create(loaded: Loaded, node: Node, wish: Wish, types: Types, bench: Bench) -> Created:
    """A test of a node that passes. Raises SeeknalError where none can be made."""
    try:
        return _create(loaded, node, wish, types, bench)
    except SeeknalError:
        raise
    except Exception as error:
        raise explain(error, node, loaded.project.target) from error


def _create(loaded: Loaded, node: Node, wish: Wish, types: Types, bench: Bench) -> Created:
    with drafted(loaded, node, wish) as draft:
        text = text_of(draft, types)
        rows = {id: len(kept) for id, kept in draft.choice.kept.items()}
    answer = _answer(bench, _trial_of(loaded, text, types))
    unstable = draft.choice.unstable
    ordered = _is_ordered(node) and len(answer.rows) > 1 and not unstable
    return Created(
        node=node.id,
        text=expecting(text, answer, ordered=ordered, unstable=unstable),
        rows=rows,
        unmet=tuple(missed.goal.words for missed in draft.choice.unreached),
        unshown=tuple(_worth_telling(draft.choice.unshown)),
        unstable=unstable,
    )


def _trial_of(loaded: Loaded, text: str, types: Types) -> Trial:
    """What the text says, read as a test's file is."""
    problems = Problems()
    documents, wrong = read_texts(text, "tests/generated.yml")
    problems += wrong
    cases = [case for each in documents if (case := read_case(each, problems)) is not None]
    refuse(problems)
    with Preparer(loaded, cases, types) as preparer:
        (prepared,) = preparer.prepared(cases)
    return trial_of(prepared, None)


def _answer(bench: Bench, trial: Trial) -> Answer:
    with bench.result(trial) as result:
        return answer_of(result)


def _is_ordered(node: Node) -> bool:
    """Whether the node's SQL says in which order its rows are."""
    if node.sql is None or not node.rows_of_body:
        return False
    depth = 0
    for token, after in pairwise(tokenize(node.sql.executable)):
        depth += {"(": 1, ")": -1}.get(token.key, 0)
        if depth == 0 and (token.key, after.key) == ("order", "by"):
            return True
    return False
