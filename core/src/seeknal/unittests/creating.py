"""A test of a node made from the rows that its inputs have stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.project.yaml_files import read_texts
from seeknal.run.python import process
from seeknal.sql.check import quiet
from seeknal.sql.tokens import tokenize
from seeknal.unittests.comparing import answer_of
from seeknal.unittests.drafting import drafted
from seeknal.unittests.failing import explained
from seeknal.unittests.reading import read_case
from seeknal.unittests.running import trial_of
from seeknal.unittests.trials import Preparer, refuse
from seeknal.unittests.writing import expecting, text_of
from seeknal.values.errors import INTERRUPTED_QUERY, NodeError, SeeknalError, UsageError
from seeknal.values.problems import Problems
from seeknal.values.secret import holds_secret

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.unittests.bench import Bench, Trial
    from seeknal.unittests.choosing.goals import Goal
    from seeknal.unittests.comparing import Answer
    from seeknal.unittests.dated import Dated
    from seeknal.unittests.drafting import Draft, Wish
    from seeknal.unittests.types import Types
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node


@frozen(kw_only=True)
class Created:
    """A test of a node: the text of its file, how many rows each of its inputs has, and how many
    the node gives.

    ``unmet`` are changes of its SQL that its rows do not show, in words, and ``unshown`` those that
    no row of the inputs does, where it is ``partly`` no row of those that were looked at. Left out
    of what is expected are ``unstable`` columns, and those with a ``secret`` in them.
    """

    node: NodeId
    text: str
    rows: Mapping[NodeId, int]
    gives: int = 0
    unmet: tuple[str, ...] = ()
    unshown: tuple[str, ...] = ()
    partly: bool = False
    unstable: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()


_TOLD = ("joins", "conditions", "expressions", "windows", "aggregates", "constants", "grouping")
"""Themes of changes that people make, the most telling first; others are about rows that are
there, and so of no use to tell where there are none."""


def _worth_telling(goals: Iterable[Goal]) -> Iterator[str]:
    told = [g for g in goals if g.theme in _TOLD and not g.words.startswith("DISTINCT in")]
    yield from (goal.words for goal in sorted(told, key=lambda goal: _TOLD.index(goal.theme)))


def create(
    loaded: Loaded, node: Node, wish: Wish, types: Types, bench: Bench, dated: Dated
) -> Created:
    """A test of a node that passes. Raises SeeknalError where none can be made."""
    if wish.query is not None and node.does != "describes":
        raise UsageError(f"--ask asks a metric, and {node.id} is none", code="SK1708")
    quiet()
    try:
        return _create(loaded, node, wish, types, bench, dated)
    except Exception as error:
        told = isinstance(error, SeeknalError) and not isinstance(error, NodeError)
        if told or INTERRUPTED_QUERY in str(error):
            raise
        found = explained(loaded, node, wish.environment, error)
    # Not from what it was: that may name values, which a traceback would show.
    raise found


def _create(
    loaded: Loaded, node: Node, wish: Wish, types: Types, bench: Bench, dated: Dated
) -> Created:
    def run(draft: Draft) -> Answer:
        return _answer(bench, _trial_of(loaded, text_of(draft, types), types, dated))

    with drafted(loaded, node, wish, run, dated) as draft:
        text = text_of(draft, types)
    choice, unstable = draft.choice, draft.choice.unstable
    answer = _steady_answer(bench, _trial_of(loaded, text, types, dated), node, unstable)
    secret = tuple(name for name in answer.columns if _has_secret(answer, name))
    left_out = {*unstable, *secret}
    if left_out >= set(answer.columns):
        raise UsageError(
            f"no column of {node.id} can be expected: {_why(unstable, secret)}",
            code="SK1719",
            location=node.location,
        )
    # Of SQL that seeknal itself makes, as for a range, nobody can mend a line.
    own = node.rows_of_body and draft.question.interval is None
    sorts = _is_ordered(node) or bool((wish.query or {}).get("order_by"))
    ordered = sorts and len(answer.rows) > 1 and not left_out
    return Created(
        node=node.id,
        text=expecting(text, answer, ordered=ordered, unstable=left_out),
        rows={id: len(kept) for id, kept in choice.kept.items()},
        gives=len(answer.rows),
        unmet=tuple(missed.goal.words for missed in choice.unreached if own),
        partly=draft.partly,
        unshown=tuple(_worth_telling(choice.unshown if own else ())),
        unstable=unstable,
        secret=secret,
    )


def _why(unstable: Sequence[str], secret: Sequence[str]) -> str:
    words = ["each run may give other values"] * bool(unstable)
    return " and ".join([*words, *["they have a secret in them"] * bool(secret)])


def _has_secret(answer: Answer, name: str) -> bool:
    place = answer.place(name)
    return any(holds_secret(str(row[place])) for row in answer.rows)


def _steady_answer(bench: Bench, trial: Trial, node: Node, unstable: Collection[str]) -> Answer:
    """What the node gives each time. Raises UsageError where that differs."""
    apart = node.python is not None and node.python.script is not None
    answers = [_answer(bench, trial) for _ in range(_TIMES_APART if apart else _TIMES)]
    places = [place for place, name in enumerate(answers[0].columns) if name not in unstable]
    bags = [
        Counter(repr([row[place] for place in places]) for row in each.rows) for each in answers
    ]
    if any(bag != bags[0] for bag in bags):
        raise UsageError(
            f"{node.id} gives other rows each time over the same ones: no test can be made of it",
            code="SK1719",
            location=node.location,
            help="random(), a sample, or ties whose order nothing says: let the SQL say which rows",
        )
    return answers[0]


_TIMES = 4
"""So often a node is run over the same rows, to see whether it always gives the same."""
_TIMES_APART = 2
"""The same for a function with packages of its own, each run of which starts a program."""


def _trial_of(loaded: Loaded, text: str, types: Types, dated: Dated) -> Trial:
    """What the text says, read as a test's file is."""
    problems = Problems()
    documents, wrong = read_texts(text, "tests/generated.yml")
    problems += wrong
    cases = [case for each in documents if (case := read_case(each, problems)) is not None]
    refuse(problems)
    with Preparer(loaded, cases, types, dated) as preparer:
        (prepared,) = preparer.prepared(cases)
    return trial_of(prepared, None)


def _answer(bench: Bench, trial: Trial) -> Answer:
    with process.as_node(trial.node.id), bench.result(trial) as result:
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
