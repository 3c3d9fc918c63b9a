"""The kind's query with one of the usual mistakes each: a piece of its SQL is another."""

from __future__ import annotations

from attrs import evolve

from tests.snapshots.engine import QueryEngine

MUTANTS = {
    "late versions are left out": (
        " WHERE seeknal_comes OR NOT EXISTS",
        " WHERE seeknal_comes AND NOT EXISTS",
    ),
    "a late version does not end where the next begins": (
        "ELSE least(seeknal_next, CASE",
        "ELSE least(NULL, CASE",
    ),
    "the version before a late one keeps its end": (
        "WHEN seeknal_was THEN least(seeknal_next, seeknal_end)",
        "WHEN seeknal_was THEN coalesce(seeknal_end, seeknal_next)",
    ),
    "gaps are filled": (
        "WHEN seeknal_was THEN least(seeknal_next, seeknal_end)",
        "WHEN seeknal_was THEN coalesce(seeknal_next, seeknal_end)",
    ),
    "a late version ends no later than a gap that was before it": (
        "CASE WHEN seeknal_carried['end'] > seeknal_start THEN",
        "CASE WHEN seeknal_carried['end'] IS NOT NULL THEN",
    ),
    "a late version forgets the gap after it": (
        "CASE WHEN seeknal_carried['end'] > seeknal_start THEN",
        "CASE WHEN seeknal_carried['end'] IS NULL THEN",
    ),
    "NULL is no value": (" IS DISTINCT FROM living.", " <> living."),
    "-0.0 is 0.0": (
        ' OR CAST(given."size" AS VARCHAR) IS DISTINCT FROM CAST(living."size" AS VARCHAR)',
        "",
    ),
    "a key that came back stays closed": (
        "(NOT coalesce(seeknal_is_open, false) OR",
        "(false OR",
    ),
    "a key that came back begins when it did before": (
        "AND coalesce(seeknal_start > seeknal_last_start, true)",
        "",
    ),
    "a key that came back begins before its end": (
        "AND coalesce(seeknal_start >= seeknal_last_end, true)",
        "",
    ),
    "a moment may be that of the version before": ("+ INTERVAL 1 MICROSECOND", ""),
    "a moment may lie before the end of the version before": (
        ", facts.seeknal_last_end) END",
        ") END",
    ),
    "deletion goes by the clock alone": (
        ", seeknal_start) ELSE seeknal_end END",
        ") ELSE seeknal_end END",
    ),
    "the oldest row becomes the current one": ("DESC) = 1", "ASC) = 1"),
    "versions of other keys are lost": (
        "FROM past ANTI JOIN touched",
        "FROM past SEMI JOIN touched",
    ),
    "marks are living": (
        "WHERE seeknal_end IS NULL AND NOT seeknal_deleted",
        "WHERE seeknal_end IS NULL",
    ),
    "a version has its place anywhere": ("WHEN seeknal_next = seeknal_start OR", "WHEN false OR"),
    "an older version may become current": (
        "OR (seeknal_next IS NULL AND NOT seeknal_comes)",
        "",
    ),
}
"""What is said of each, and which piece of the SQL becomes which."""


def engine_of(name: str) -> type[QueryEngine]:
    """An engine with the mistake of that name; ``used`` says whether it came to anything."""
    old, new = MUTANTS[name]

    class Mutant(QueryEngine):
        used = False

        @staticmethod
        def run_node(node, inputs, context):
            scan = QueryEngine.run_node(node, inputs, context)
            if old in scan.sql:
                Mutant.used = True
            return evolve(scan, sql=scan.sql.replace(old, new))

    return Mutant
