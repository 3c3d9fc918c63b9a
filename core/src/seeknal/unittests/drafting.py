"""The rows of a node's inputs that a test of it is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.host import clock
from seeknal.plan.planning import pool_of
from seeknal.query.stored import lineage_of, private_in
from seeknal.sql.check import SqlRefused
from seeknal.sql.condition import check_condition
from seeknal.unittests.choosing.choose import choose
from seeknal.unittests.choosing.goals import Choice, NeverRunsError
from seeknal.unittests.choosing.running import Ran, choose_by
from seeknal.unittests.failing import FailsError, hidden_in
from seeknal.unittests.fakes import Fakes, key_of
from seeknal.unittests.narrowing import narrow
from seeknal.unittests.queries import (
    Question,
    last_range,
    query_of,
    question_of,
    texts_in,
)
from seeknal.unittests.sampling import (
    OUTPUT,
    Sample,
    check_stored,
    fault_of,
    put_fakes,
    replace_text,
    restrict,
    sampled,
    secrets_in,
)
from seeknal.values.errors import INTERRUPTED_QUERY, UsageError, did_you_mean
from seeknal.values.pii import without_values
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.lineage.model import NodeLineage
    from seeknal.lineage.private import Private
    from seeknal.plan.session import Loaded
    from seeknal.unittests.comparing import Answer
    from seeknal.unittests.dated import Dated
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
    """The rows that were chosen for a test: those of each input are in ``sample``, by ``rowid``.

    ``rows`` says in words which rows those of the sample are, which are not all of the inputs where
    it is ``partly``.
    """

    question: Question
    sample: Sample
    choice: Choice
    lineage: NodeLineage
    query: str | None
    rows: str
    partly: bool

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


_ROWS = "the rows of its inputs"
_FAKES = f"{_ROWS}, with fakes for private values"
_NONE_YET = Choice(kept={}, reached=(), unreached=())
Run = Callable[[Draft], "Answer"]
"""What the node gives over the chosen rows of a draft; raises what it fails with."""


@contextmanager
def drafted(loaded: Loaded, node: Node, wish: Wish, run: Run, dated: Dated) -> Iterator[Draft]:
    """The rows for a test of a node. Raises SeeknalError where none can be made.

    Raises FailsError where the node fails over them.
    """
    if (why := why_not(node)) is not None:
        raise UsageError(why, code="SK1706", location=node.location)
    snapshots = dict(loaded.snapshots(wish.environment))
    before = _before(loaded, node, snapshots)
    moment = _moment(snapshots.get(node.id))
    node = dated.node(node, moment)
    ids = _inputs(loaded, node, wish, snapshots)
    output = node.id if before is None and _has_rows(snapshots.get(node.id)) else None
    if before is not None:
        snapshots[node.id] = before
        ids = [*ids, node.id]
    with sampled(loaded, snapshots, ids, moment, output) as sample:
        _restrict(sample, wish.where, partial(hidden_in, loaded, node, wish.environment))
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
        narrowed = narrow(sample, OUTPUT if output else None, lineage.nodes[node.id], query)
        if query is not None and (fault := fault_of(sample, query)) is not None:
            raise FailsError(_ROWS, fault)
        fakes = _put_fakes(loaded, sample, query, private_in(loaded, lineage, wish.environment))
        traced = lineage.nodes[node.id]
        draft = Draft(
            question=question,
            sample=sample,
            choice=_NONE_YET,
            lineage=traced,
            query=query,
            rows=_FAKES if fakes else _ROWS,
            partly=bool(narrowed) or wish.where is not None,
        )
        choice = _at_most(_chosen(loaded, draft, wish.budget, run), wish.most)
        yield evolve(draft, choice=choice)


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


def _restrict(sample: Sample, where: str | None, hidden: Callable[[], Collection[str]]) -> None:
    """Leave rows for which the condition is true, in inputs that have all of its columns.

    Of what is wrong with it no value of the ``hidden`` columns is told.
    """
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
    import duckdb

    try:
        for id in concerned:
            restrict(sample, id, condition)
    except duckdb.Error as error:
        if INTERRUPTED_QUERY in str(error):
            raise
        # Not what is beneath: it is of a statement that nobody has written.
        why, _, _ = scrub(without_values(error, hidden())).partition("\n")
        raise UsageError(f"--where {where!r}: {why.strip()}", code="SK1707") from None


def _put_fakes(
    loaded: Loaded, sample: Sample, query: str | None, private: Mapping[NodeId, Private]
) -> bool:
    """Let no row have a private value any more; whether any may have had one."""
    hidden = {
        id: {column.name.lower() for column in columns if private[id].hides(column.name)}
        for id, columns in sample.tables.items()
    }
    found = any(hidden.values())
    if found:
        fakes = Fakes(key_of(loaded.project.root), kept=texts_in(query))
        for id, columns in hidden.items():
            put_fakes(sample, id, columns, fakes)
    return found


def _chosen(loaded: Loaded, draft: Draft, budget: float, run: Run) -> Choice:
    """Rows without a secret among them: where one has it, its text gets a fake, and others may do
    better then."""
    sample = draft.sample
    while True:
        choice = _NONE_YET
        with suppress(NeverRunsError):
            if draft.query is not None:
                choice = choose(sample.cursor, draft.query, sample.tables, budget=budget)
        if not any(choice.kept.values()):
            # Of SQL nobody knows, or that nothing shows by itself, rows are known that matter.
            choice = _chosen_by_runs(draft, budget, run)
        found = [*secrets_in(sample, choice.kept)]
        if not found:
            return choice
        fakes = Fakes(key_of(loaded.project.root))
        for id, column, text in found:
            replace_text(sample, id, column, text, fakes)


def _chosen_by_runs(draft: Draft, budget: float, run: Run) -> Choice:
    """Rows by what the node gives over them. Raises FailsError where that is nothing at all."""
    sample, failures = draft.sample, list[tuple[int, Exception]]()
    over = partial(_ran, draft, run, failures)
    try:
        return choose_by(over, sample.cursor, sample.tables, budget=budget)
    except NeverRunsError:
        # That of most rows is what a run would say.
        _, cause = max(failures, key=lambda failure: failure[0])
        raise FailsError(draft.rows, cause) from None


def _ran(
    draft: Draft,
    run: Run,
    failures: list[tuple[int, Exception]],
    rows: Mapping[NodeId, Sequence[int]],
) -> Ran | None:
    """What a function gives over rows of its inputs; what it fails with becomes a failure."""
    import duckdb

    kept = {id: tuple(numbers) for id, numbers in rows.items()}
    try:
        answer = run(evolve(draft, choice=evolve(_NONE_YET, kept=kept)))
    except Exception as error:
        if isinstance(error, duckdb.InterruptException) or INTERRUPTED_QUERY in str(error):
            raise
        # Over these rows the function says that something is wrong: others will do.
        failures.append((sum(map(len, kept.values())), error))
        return None
    return Ran(names=tuple(answer.columns), rows=answer.rows)


def _at_most(choice: Choice, most: int | None) -> Choice:
    if most is None:
        return choice
    return evolve(choice, kept={id: rows[:most] for id, rows in choice.kept.items()})
