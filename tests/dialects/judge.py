"""Judge a translator by the corpus: equal, close, refused, failed or WRONG for each entry.

``python -m tests.dialects.judge --translate MODULE:FUNCTION [--origin DIALECT] [--target ENGINE]``
prints a table of counts, then what is wrong. ``FUNCTION(sql, origin, target, schema)`` gives the
SQL for ``target``, or `Refused`; a ValueError is a refusal as well. ``schema`` has the columns of
each table with DuckDB's types. Without ``--translate`` sqlglot alone is judged.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum

from attrs import frozen

from tests.dialects.corpus import DIALECTS, TARGETS, Entry, load
from tests.dialects.engines import Engine, Failed, engine
from tests.dialects.loading import schema
from tests.dialects.servers import NoEngine

Schema = Mapping[str, Mapping[str, str]]


@frozen(kw_only=True)
class Refused:
    """What a translator gives instead of SQL when it cannot keep the meaning."""

    reason: str


Translate = Callable[[str, str, str, Schema], "str | Refused"]


class Outcome(Enum):
    EQUAL = "equal"
    CLOSE = "close"
    """The same as another kind: a float for a decimal, true for MySQL's 1, text that is JSON."""
    REFUSED = "refused"
    FAILED = "failed"
    """The target says no where the origin gives values: loud, but no refusal by name."""
    WRONG = "WRONG"
    """The target gives something else, without a word."""


@frozen(kw_only=True)
class Verdict:
    entry: Entry
    target: str
    outcome: Outcome
    translated: str = ""
    detail: str = ""

    def __str__(self) -> str:
        lines = [f"{self.outcome.value} {self.entry.dialect} -> {self.target}: {self.entry.sql}"]
        if self.translated:
            lines.append(f"  as: {self.translated}")
        if self.detail:
            lines.append(f"  {self.detail}")
        return "\n".join(lines)


def bare(sql: str, origin: str, target: str, schema: Schema) -> str:
    """sqlglot alone: other syntax, and whatever meaning that has."""
    import sqlglot

    try:
        return sqlglot.transpile(sql, read=origin, write=target)[0]
    except sqlglot.errors.SqlglotError as error:
        raise ValueError(str(error)) from error


def judged(translate: Translate, entry: Entry, target: Engine, known: Schema) -> Verdict:
    """What becomes of one entry on a target that has the tables as the origin sees them."""

    def verdict(outcome: Outcome, detail: str = "", translated: str = "") -> Verdict:
        return Verdict(
            entry=entry,
            target=target.dialect,
            outcome=outcome,
            detail=detail,
            translated=translated,
        )

    try:
        translated = translate(entry.sql, entry.dialect, target.dialect, known)
    except ValueError as error:
        return verdict(Outcome.REFUSED, str(error))
    if isinstance(translated, Refused):
        return verdict(Outcome.REFUSED, translated.reason)
    try:
        answer = target.ask(translated)
    except Failed as failed:
        # Both fail for the values that they meet; a text that is not understood proves nothing.
        same = entry.fails and not failed.unknown
        return verdict(Outcome.EQUAL if same else Outcome.FAILED, str(failed), translated)
    if difference := entry.wrong(answer):
        close = not entry.wrong(answer, loosely=True)
        return verdict(Outcome.CLOSE if close else Outcome.WRONG, difference, translated)
    return verdict(Outcome.EQUAL, translated=translated)


def judge(translate: Translate, target: Engine, found: Iterable[Entry]) -> Iterator[Verdict]:
    """Verdicts on entries of one dialect; the target has that dialect's tables."""
    known: dict[str, Schema] = {}
    for entry in found:
        known.setdefault(entry.dialect, schema(entry.dialect))
        if target.dialect in entry.targets:
            yield judged(translate, entry, target, known[entry.dialect])


def judge_all(
    translate: Translate, origins: Iterable[str], targets: Iterable[str]
) -> Iterator[Verdict]:
    """Verdicts on whole dialects, on every engine of ``targets`` that is to be had here."""
    wanted = set(targets)
    for origin in origins:
        for target in TARGETS.get(origin, ("duckdb",)):
            if target not in wanted:
                continue
            try:
                with engine(target, origin) as opened:
                    yield from judge(translate, opened, load(origin))
            except NoEngine as error:
                print(f"{origin} -> {target}: not judged: {error}", file=sys.stderr)


def table(verdicts: Iterable[Verdict]) -> str:
    """How many of each outcome, for each pair of dialects, expressions and queries apart."""
    counts: dict[tuple[str, str, str], Counter[Outcome]] = {}
    for verdict in verdicts:
        kind = "queries" if verdict.entry.query else "expressions"
        key = (verdict.entry.dialect, verdict.target, kind)
        counts.setdefault(key, Counter())[verdict.outcome] += 1
    lines = [f"{'from':<10} {'to':<9} {'':<11}" + "".join(f"{of.value:>9}" for of in Outcome)]
    for (origin, target, kind), of in counts.items():
        told = "".join(f"{of[outcome]:>9}" for outcome in Outcome)
        lines.append(f"{origin:<10} {target:<9} {kind:<11}{told}")
    return "\n".join(lines)


def translator(name: str) -> Translate:
    """The function that ``MODULE:FUNCTION`` names; `bare` when nothing is named."""
    module, _, function = name.partition(":")
    found: Translate = getattr(importlib.import_module(module), function) if name else bare
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Judge a translator by the corpus.")
    parser.add_argument("--translate", default="", metavar="MODULE:FUNCTION")
    parser.add_argument("--origin", action="append", choices=DIALECTS, default=[])
    parser.add_argument("--target", action="append", choices=("duckdb", "postgres", "spark"))
    parser.add_argument("--show", action="append", choices=[of.value for of in Outcome])
    options = parser.parse_args(arguments)
    translate = translator(options.translate)
    targets = options.target or ("duckdb", "postgres", "spark")
    verdicts = list(judge_all(translate, options.origin or DIALECTS, targets))
    print(table(verdicts))
    shown = options.show or ["WRONG", "failed"]
    for verdict in verdicts:
        if verdict.outcome.value in shown:
            print(f"\n[{verdict.entry.about}] {verdict}")
    return any(verdict.outcome in (Outcome.WRONG, Outcome.FAILED) for verdict in verdicts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
