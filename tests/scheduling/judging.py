"""Judges a soak: what was due by the judge's own arithmetic, against all that was seen."""

from __future__ import annotations

from tests.scheduling.busy import Busy
from tests.scheduling.evidence import Evidence
from tests.scheduling.judging_life import LIFE
from tests.scheduling.judging_rows import ROWS
from tests.scheduling.judging_runs import RUNS
from tests.scheduling.judging_telling import TELLING
from tests.scheduling.verdict import Verdict


def judged(evidence: Evidence) -> Verdict:
    """Everything that is demanded of a scheduler."""
    verdict = Verdict()
    busy = Busy(evidence)
    for look in (*RUNS, *ROWS, *LIFE, *TELLING):
        look(evidence, busy, verdict)
    return verdict
