"""Ranges of time as plans and runs tell of them: spans, how many ranges, what they may take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seeknal.cli.render import count, duration_text
from seeknal.intervals.spans import minus
from seeknal.intervals.wording import iso_spans, long, told_spans

if TYPE_CHECKING:
    from seeknal.values.estimates import Estimate
    from seeknal.values.tracking import Batch, Ranges, Spans, Work


def ranges_lines(found: Ranges, estimate: Estimate | None) -> list[str]:
    """What a plan says of a tracked node's ranges, below its line."""
    looked_back = found.again if found.asked else minus(found.again, found.invalidated)
    again = "again" if found.asked else "looked back"
    waiting = f"waiting for {', '.join(found.waits_for)}" if found.waits_for else "waiting"
    spans = (
        ("new", found.new),
        ("invalidated", found.invalidated),
        (again, looked_back),
        (waiting, found.waiting),
    )
    lines = [f"{what}: {_listed(told, found.timezone)}" for what, told in spans if told]
    if found.count:
        about = f", about {estimate_text(estimate)}" if estimate else ""
        batches = count(found.batches, "batch", "batches")
        lines.append(f"{count(found.count, 'range')} of {long(found.unit)} in {batches}{about}")
    return lines


def estimate_text(found: Estimate) -> str:
    """About how many rows, and how long it takes."""
    return f"{count(found.rows, 'row')} and {duration_text(found.seconds)}"


def work_text(work: Work, processed: Spans) -> list[str]:
    """What a run did of a node's ranges, for its line."""
    found = []
    if work.ranges:
        found.append(f"{count(work.ranges, 'range')} {_listed(processed, work.timezone, 2)}")
    if work.adopted:
        found.append(f"{count(work.adopted, 'range')} adopted")
    if work.waiting:
        found.append(f"{count(work.waiting, 'range')} {'waits' if work.waiting == 1 else 'wait'}")
    return found


def batch_text(batch: Batch) -> str:
    """Which batch of how many is computed, and of what span."""
    span = _listed(((batch.start, batch.end),), batch.timezone)
    return f"batch {batch.number:,} of {batch.total:,}, {span}"


def ranges_answer(found: Ranges, estimate: Estimate | None) -> dict[str, Any]:
    """What a plan knows of a tracked node's ranges, for programs."""
    return {
        **zoned(found.unit, found.timezone),
        "due": iso_spans(found.new),
        "again": iso_spans(found.again),
        "invalidated": iso_spans(found.invalidated),
        "waiting": iso_spans(found.waiting),
        "waits_for": list(found.waits_for),
        "processed": found.count,
        "batches": found.batches,
        "estimate": {"rows": estimate.rows, "seconds": round(estimate.seconds, 6)}
        if estimate
        else None,
    }


def work_answer(work: Work, processed: Spans, adopted: Spans, waiting: Spans) -> dict[str, Any]:
    """What a run did of a tracked node's ranges, for programs."""
    return {
        **zoned(work.unit, work.timezone),
        "spans": iso_spans(processed),
        "adopted": iso_spans(adopted),
        "waiting": iso_spans(waiting),
        "processed": work.ranges,
        "batches": work.batches,
        "rows_computed": work.rows,
    }


def zoned(unit: str, timezone: str) -> Mapping[str, str]:
    """How long ranges are, and by which clock."""
    return {"unit": unit, "timezone": timezone}


def _listed(spans: Spans, timezone: str, most: int = 4) -> str:
    zone = "" if timezone == "UTC" else f" {timezone}"
    return ", ".join(told_spans(spans, timezone, most)) + zone
