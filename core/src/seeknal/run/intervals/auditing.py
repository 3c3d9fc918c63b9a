"""A tracked node's audits: of each batch what a row answers by itself, of all rows the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.graph.fingerprint import audits_key
from seeknal.intervals.moments import told
from seeknal.run.audits import failure, failures, run_audits

if TYPE_CHECKING:
    from seeknal.run.step_scope import StepScope
    from seeknal.values.audits import AuditResult
    from seeknal.values.errors import NodeError
    from seeknal.values.node import Node
    from seeknal.values.relations import Relation
    from seeknal.values.snapshot import Snapshot


class RangeAudits:
    """What is known of one step's node by its audits, as batches and parts come.

    An audit that judges each row by itself and finds nothing in a batch, and had found nothing
    before, finds nothing in all: only then are all rows not looked at. ``before`` is the output of
    which rows are kept, if any are.
    """

    def __init__(self, scope: StepScope, before: Snapshot | None) -> None:
        self._scope = scope
        self._node = scope.node
        types = scope.services.plugins.audit_types
        self._by_row = {
            index
            for index, audit in enumerate(self._node.audits)
            if types[audit.declared_type].per_row
        }
        self._key = audits_key(self._node.audits)
        self._clean = self._by_row if before is None else self._by_row & self._found_clean(before)
        """The audits that find nothing in any row that there is."""
        self._known: dict[int, AuditResult] = {}
        self.results: tuple[AuditResult, ...] = ()
        """What all audits say of all rows, once they have been asked."""
        self.pending = False
        """Whether there are rows of which not all audits have been asked."""

    def look_at_batch(self, relation: Relation, start: int, end: int) -> None:
        """Ask about new rows what each answers by itself. Raises NodeError that says the span."""
        if not self._node.audits:
            return
        self.pending = True
        asked = sorted(self._by_row)
        found = dict(zip(asked, self._ask(asked, relation), strict=True))
        self._known |= found
        self._clean &= {index for index, result in found.items() if not result.failing_rows}
        # Others may be within their limits, or be so together with all other rows.
        decided = [index for index in asked if self._is_decided(index, found[index])]
        if decided:
            self.results = tuple(found.values())
            raise self._failure(asked, tuple(found.values()), (start, end))

    def take_over(self, snapshot: Snapshot, *, audited: bool) -> None:
        """Note that rows of another output came. ``audited``: that one's audits saw them."""
        if self._node.audits:
            self.pending = True
            self._clean &= self._found_clean(snapshot) if audited else set()
            self._known |= {index: snapshot.audits[index] for index in self._clean}

    def pass_all(self, rows: Callable[[], Relation]) -> bool:
        """Whether nothing stops the node, by all rows as they would be."""
        if not self.pending:
            return not failures(self.results)
        every = range(len(self._node.audits))
        left = [index for index in every if index not in self._clean or index not in self._known]
        found = dict(zip(left, self._ask(left, rows()), strict=True)) if left else {}
        self._known |= found
        self._clean |= {
            index
            for index, result in found.items()
            if index in self._by_row and not result.failing_rows
        }
        self.results = tuple(self._known[index] for index in range(len(self._node.audits)))
        self.pending = False
        return not failures(self.results)

    def failure(self) -> NodeError:
        """The error of a node that not all rows pass."""
        return failure(self._node, self.results, self._scope.services.project.root)

    def _ask(self, indexes: Sequence[int], relation: Relation) -> tuple[AuditResult, ...]:
        if not indexes:
            return ()
        scope, node = self._scope, self._with(indexes)
        with scope.phases.timed("audit"):
            return run_audits(node, relation, scope.services.plugins, scope.context())

    def _with(self, indexes: Sequence[int]) -> Node:
        return evolve(self._node, audits=tuple(self._node.audits[index] for index in indexes))

    def _is_decided(self, index: int, result: AuditResult) -> bool:
        """Whether what was found in a batch stops the node whatever the other rows are."""
        audit = self._node.audits[index]
        return bool(failures([result])) and not (audit.warn_if or audit.error_if)

    def _failure(
        self, asked: Sequence[int], results: Sequence[AuditResult], span: tuple[int, int]
    ) -> NodeError:
        error = failure(self._with(asked), results, self._scope.services.project.root)
        zone = self._node.tracking.timezone if self._node.tracking else "UTC"
        start, end = (told(moment, zone) for moment in span)
        error.message = f"{error.message}, in the rows from {start} to {end}"
        return error

    def _found_clean(self, snapshot: Snapshot) -> set[int]:
        """The audits of today that have found nothing in an output."""
        if snapshot.audits_key != self._key or len(snapshot.audits) != len(self._node.audits):
            return set()
        return {index for index, result in enumerate(snapshot.audits) if not result.failing_rows}
