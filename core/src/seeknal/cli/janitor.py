"""``janitor``: removes what nothing refers to any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.agreement import agreed
from seeknal.cli.app import Command
from seeknal.cli.common import lock_timeout_option, project_root, request
from seeknal.cli.render import count, plain, print_json, print_table, size_text, time_text
from seeknal.cli.streams import say
from seeknal.kernel.command_options import dry_run_option, format_option, yes_option
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.plan.session import Request
    from seeknal.run.delivery.dropping import Judged
    from seeknal.run.delivery.leftovers import Left
    from seeknal.state.destinations import Destination


@click.command("janitor", cls=Command)
@dry_run_option
@click.option("--targets", is_flag=True, help="Drop tables and files that are left behind.")
@yes_option
@lock_timeout_option
@format_option("table", "json")
def janitor_command(
    dry_run: bool, targets: bool, yes: bool, lock_timeout: float, format_: str
) -> int:
    """Remove what nothing refers to any more.

    Expired environments, old generations, outputs, rows of audits and temporary files go. What a
    kept generation, an unfinished run or an owed delivery needs stays, and for a minute what
    somebody may be reading. The keys of janitor: in seeknal_project.yml say how much is kept.

    Targets that no node delivers to any more are listed. --targets does nothing but drop them:
    those that seeknal made and nobody else has written to since, once you have seen them.
    """
    asked = request(command="janitor", lock_timeout=lock_timeout)
    if targets:
        return _drop(asked, dry_run, yes, format_)
    if yes:
        raise UsageError("--yes is for --targets: nothing else is asked", code="SK0255")
    from seeknal.run.delivery.dropping import list_left
    from seeknal.run.janitor import clean_up

    items = clean_up(project_root(), asked, dry_run=dry_run)
    left = list_left(project_root(), asked)
    total = sum(item.bytes for item in items if item.error is None)
    if format_ == "json":
        from seeknal.cli.answers import answered, outcome, told

        good = all(item.error is None for item in items)
        shown = [{**plain(item), "error": told(item.error)} for item in items]
        print_json(
            answered(
                outcome(good),
                dry_run=dry_run,
                bytes=total,
                items=shown,
                left_behind=[left_record(e) for e in left],
            )
        )
    else:
        rows = [(item.kind, item.what, size_text(item.bytes), item.error) for item in items]
        if rows:
            print_table(("kind", "what", "size", "problem"), rows, (False, False, True))
        word = "would be removed" if dry_run else "removed"
        say(f"{count(len(items), 'item')}, {size_text(total)} {word}")
        _print_left(left)
    return 1 if any(item.error for item in items) else 0


def left_record(left: Left) -> dict[str, Any]:
    """A destination that is left behind, for programs."""
    return {**_about(left.destination), "why_kept": left.why or None}


def _about(destination: Destination) -> dict[str, Any]:
    return {
        "target": destination.name,
        "type": destination.type,
        "connection": destination.connection or None,
        "environment": destination.environment,
        "node": destination.node,
        "delivered_at": destination.at or None,
    }


_HEADERS = ("left behind", "type", "environment", "node", "delivered at (UTC)")


def _print_left(left: Sequence[Left]) -> None:
    if not left:
        return
    print()
    print_table(_HEADERS, [_cells(entry.destination) for entry in left])
    _print_reasons((entry.destination, entry.why) for entry in left)
    say(f"{count(len(left), 'target')} left behind; seeknal janitor --targets drops what is ours")


def _cells(destination: Destination) -> tuple[str, ...]:
    # Without one, a run that was killed may have written there.
    at = time_text(destination.at) or "not known"
    return destination.name, destination.type, destination.environment, destination.node, at


def _print_reasons(kept: Iterable[tuple[Destination, str]]) -> None:
    for destination, why in kept:
        if why:
            print(f"{destination.name} stays: {why}")


def _drop(asked: Request, dry_run: bool, yes: bool, format_: str) -> int:
    from seeknal.run.delivery.dropping import drop_left

    seen: list[Judged] = []

    def agree(judged: Sequence[Judged]) -> bool:
        seen.extend(judged)
        doomed = sum(entry.fate.verdict == "dropped" for entry in judged)
        if format_ != "json" and judged:
            _print_judged(judged)
        if dry_run or not doomed:
            return True
        whose = "Its" if doomed == 1 else "Their"
        return agreed(f"Drop {count(doomed, 'target')}? {whose} rows are lost", yes)

    done = drop_left(project_root(), asked, agree, dry_run=dry_run)
    if format_ == "json":
        from seeknal.cli.answers import answered, outcome

        if done is None:
            print_json(answered("not agreed", dry_run=dry_run, left_behind=[]))
            return 1
        good = not any(entry.failed for entry in done)
        print_json(answered(outcome(good), dry_run=dry_run, left_behind=list(map(_fate, done))))
    elif done is not None:
        _say_done([entry for entry in done if not dry_run and entry not in seen])
        _say_total(done, dry_run)
    return 1 if done is None or any(entry.failed for entry in done) else 0


def _fate(judged: Judged) -> dict[str, Any]:
    fate = judged.fate
    return {**_about(judged.destination), "verdict": fate.verdict, "why": fate.why or None}


def _print_judged(judged: Sequence[Judged]) -> None:
    words = {"dropped": "drop", "gone": "gone already", "kept": "stays"}
    rows = [(*_cells(entry.destination), words[entry.fate.verdict]) for entry in judged]
    print_table((*_HEADERS, "what becomes of it"), rows)
    _print_reasons((entry.destination, entry.fate.why) for entry in judged)


def _say_done(other: Sequence[Judged]) -> None:
    """What came otherwise than it was shown."""
    for entry in other:
        why = f": {entry.fate.why}" if entry.fate.why else ""
        say(f"{entry.destination.name}: {entry.fate.verdict}{why}")


def _say_total(done: Sequence[Judged], dry_run: bool) -> None:
    if not done:
        say("nothing is left behind")
        return
    dropped = sum(entry.fate.verdict == "dropped" for entry in done)
    kept = sum(entry.fate.verdict == "kept" for entry in done)
    say(f"{count(dropped, 'target')} {'would be ' if dry_run else ''}dropped, {kept} kept")
