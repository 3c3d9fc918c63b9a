"""Tests run one after the other, and how each of them went."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from seeknal.host.garbage import uncollected
from seeknal.run.python import process
from seeknal.unittests.bench import Bench, Trial
from seeknal.unittests.comparing import Difference, compare
from seeknal.unittests.dated import Dated
from seeknal.unittests.files import read_tests
from seeknal.unittests.trials import Preparer, refuse
from seeknal.unittests.types import Types
from seeknal.values.patterns import Pattern
from seeknal.values.problems import Problems
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.unittests.case import Case
    from seeknal.unittests.coverage.covering import Coverage
    from seeknal.unittests.trials import Prepared
    from seeknal.unittests.updating import Update
    from seeknal.values.errors import SeeknalError
    from seeknal.values.names import NodeId

WORKER = "seeknal-worker"
"""What threads are called on which nodes run."""
_EVERY = 0.2
_PATIENCE = 2.0
"""Seconds that a node is waited for which was told to stop."""
_OF_SQL = "SK0706"
_NO_COLUMN = Pattern(
    r'Referenced column "[^"]+" not found|does not have a column named'
    r"|does not exist on (left|right) side of join"
)
_CLOSED_OFF = Pattern(
    r"file system operations are disabled|disabled by configuration|external access"
)
_NO_TYPE = Pattern("explicit type casts")
_MEANT = "did you mean"
Status = Literal["passed", "failed", "error"]


@frozen(kw_only=True)
class Outcome:
    """How a test went: ``differences`` are those of the node, called None, and of its CTEs.

    An ``error`` is what kept the node from giving any rows. ``query`` is the SQL that its rows are,
    where it is only known once it is run.
    """

    case: Case
    seconds: float
    differences: Mapping[str | None, Difference] = field(factory=dict)
    error: SeeknalError | None = None
    query: str | None = None

    @property
    def status(self) -> Status:
        if self.error is not None:
            return "error"
        return "passed" if all(each.is_none for each in self.differences.values()) else "failed"


def all_tests(root: Path) -> list[Case]:
    """The tests below ``tests/``. Raises ProjectError with all that is wrong in their files."""
    problems = Problems()
    with uncollected():
        found = read_tests(root, problems)
    refuse(problems)
    return found


class Tests:
    """The tests of a project, as they are run in one place for all of them.

    ``again`` reads the project as it is on the day that the clock says.
    """

    __test__ = False

    def __init__(self, loaded: Loaded, every: Sequence[Case], again: Callable[[], Loaded]) -> None:
        self.loaded = loaded
        self.project = loaded.project
        self._left_to_itself = False
        self._open = ExitStack()
        self._types = self._open.enter_context(Types())
        self._preparer = self._open.enter_context(
            Preparer(loaded, every, self._types, Dated(again))
        )
        self._bench = self._open.enter_context(Bench(loaded))

    def __enter__(self) -> Tests:
        return self

    def __exit__(self, *_: object) -> None:
        if self._left_to_itself:
            # To close what it uses might wait for it, or end the process with a crash.
            self._bench.abandon()
        else:
            self._open.close()

    def run(
        self, cases: Sequence[Case], started: Callable[[Case], None] = lambda case: None
    ) -> list[Outcome]:
        """How each of these tests goes, one after the other; ``started`` is told of each before.

        Raises ProjectError, before any is run, with all that does not fit the project.
        """
        with uncollected():
            prepared = self._preparer.prepared(cases)
        return self._outcomes(prepared, started)

    def outcome(self, case: Case) -> Outcome:
        """How one test goes. Raises ProjectError with what of it does not fit the project."""
        return self._outcomes(self._preparer.prepared([case]), lambda case: None)[0]

    def _outcomes(
        self, tests: Sequence[Prepared], started: Callable[[Case], None]
    ) -> list[Outcome]:
        found: list[Outcome] = []

        def run(prepared: Prepared) -> None:
            started(prepared.case)
            found.append(self._as_node(prepared))

        self._each_aside(tests, run)
        return found

    def _each_aside(self, tests: Iterable[Prepared], work: Callable[[Prepared], None]) -> None:
        """Do something for each test on another thread: the main one may not hear Ctrl-C then."""
        defects: list[BaseException] = []
        # Not the thread's own join: one that a signal interrupts takes the thread for ended.
        ended, stopped = threading.Event(), threading.Event()

        def run() -> None:
            try:
                for each in tests:
                    if not stopped.is_set():
                        work(each)
            except BaseException as error:
                defects.append(error)
            finally:
                ended.set()

        threading.Thread(target=run, name=WORKER, daemon=True).start()
        try:
            # A signal that comes as the wait begins is only heard once that has ended.
            while not ended.wait(_EVERY):
                pass
        except BaseException:
            stopped.set()
            self._bench.interrupt()
            self._left_to_itself = not ended.wait(_PATIENCE)
            raise
        if defects:
            # A test without an outcome must not be taken for one that holds.
            raise defects[0]

    def _as_node(self, prepared: Prepared) -> Outcome:
        """How a test goes; what is printed meanwhile is its node's."""
        with process.as_node(prepared.node.id):
            return self._outcome(prepared)

    def _outcome(self, prepared: Prepared) -> Outcome:
        began = time.perf_counter()
        differences: Mapping[str | None, Difference] = {}
        error: SeeknalError | None = None
        query: str | None = None
        try:
            differences, query = self._compared(prepared)
        except BaseException as raised:
            # Whatever it is, as of a function that leaves Python: it is the node's failure.
            error = self._explained(raised, prepared)
        seconds = time.perf_counter() - began
        return Outcome(
            case=prepared.case, seconds=seconds, differences=differences, error=error, query=query
        )

    def _compared(self, prepared: Prepared) -> tuple[Mapping[str | None, Difference], str | None]:
        """How what comes out differs, and the SQL that it is where that is only known now."""
        try:
            return self._compared_once(prepared)
        except Exception as error:
            # The columns that an input lacks are NULL; which these are need seldom be asked.
            lacks = type(error).__name__ == "BinderException"
            wider = self._preparer.widened(prepared.case) if lacks else None
            if wider is None:
                raise
            first = error
        try:
            return self._compared_once(wider)
        except Exception as error:
            if _NO_TYPE.search(str(error)):
                raise
        # They may be of other inputs: what was wrong at first is told.
        self._preparer.narrowed(prepared.case)
        raise first

    def _compared_once(
        self, prepared: Prepared
    ) -> tuple[Mapping[str | None, Difference], str | None]:
        differences: dict[str | None, Difference] = {}
        query: str | None = None
        for cte, expected in prepared.case.expectations.items():
            with self._bench.result(trial_of(prepared, cte)) as result:
                keys = prepared.node.keys if cte is None else ()
                differences[cte] = compare(expected, result, self._types, keys)
                query = query or result.query
        return differences, query

    def coverage(self, outcomes: Sequence[Outcome], nodes: Collection[NodeId]) -> Coverage:
        """What of these nodes the tests show, each of whose queries is run once more for it."""
        from seeknal.unittests.coverage.covering import Covering

        covering = Covering(self.loaded, self._bench, nodes)
        ran = {each.case.id: each for each in outcomes if each.error is None}
        self._each_aside(
            self._preparer.prepared([each.case for each in ran.values()]),
            lambda prepared: covering.look(prepared, ran[prepared.case.id].query),
        )
        return covering.found({each.case.node for each in outcomes})

    def update(self, outcomes: Sequence[Outcome]) -> list[Update]:
        """The files with what came out as what the tests expect that have failed; not written."""
        from seeknal.unittests.updating import update_of

        failed: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            if outcome.status == "failed":
                failed.setdefault(outcome.case.file, []).append(outcome)
        return [update_of(self.project.root, file, of, self._types) for file, of in failed.items()]

    def _explained(self, error: BaseException, prepared: Prepared) -> SeeknalError:
        """What a run would say: values are those of the test's file, and no secret."""
        from seeknal.run.failures import explain

        found = explain(error, prepared.node, self.project.target)
        if found.code == _OF_SQL and prepared.node.sql is not None:
            found = self._placed(found, prepared)
        if found.code == _OF_SQL and (untyped := self._preparer.untyped(prepared.case)):
            found.help = untyped
        elif not (found.help or "").startswith(_MEANT) and _NO_COLUMN.search(found.message):
            found.help = "an input has the columns that its rows name, or that columns: lists"
        found.message = scrub(found.message)
        if _CLOSED_OFF.search(found.message):
            found.help = "a test reads no files: let a source read it, and give rows of that"
        return found

    def _placed(self, error: SeeknalError, prepared: Prepared) -> SeeknalError:
        """An error of the node's SQL at the word that it is about."""
        import duckdb

        from seeknal.run.failures import as_checked_over

        try:
            columns = self._bench.columns(prepared.inputs)
        except duckdb.Error:
            return error
        return as_checked_over(error, prepared.node, self.project, self.loaded.plugins, columns)


def trial_of(prepared: Prepared, cte: str | None) -> Trial:
    """What the bench is asked to run of a test: its node, or one of its CTEs."""
    return Trial(
        node=prepared.node,
        inputs=prepared.inputs,
        earlier=prepared.earlier,
        frozen=prepared.case.frozen,
        interval=prepared.case.interval,
        cte=cte,
        query=prepared.case.query,
    )
