"""``promote`` and ``rollback``: an environment's next generation without a run of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.agreement import agreed
from seeknal.cli.app import Command
from seeknal.cli.common import (
    lock_timeout_option,
    no_materialize_option,
    project_options,
    project_root,
    request,
)
from seeknal.cli.render import count, print_json
from seeknal.cli.streams import say
from seeknal.kernel.command_options import (
    dry_run_option,
    force_option,
    format_option,
    quiet_option,
    to_option,
    yes_option,
)
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.plan.promotion import Promotion
    from seeknal.run.environments.moving import Moved
    from seeknal.run.environments.rolling_back import Return
    from seeknal.values.names import NodeId


@click.command("promote", cls=Command)
@click.argument("source", metavar="ENV")
@click.argument("target", metavar="[INTO]", default=PRODUCTION)
@yes_option
@force_option
@no_materialize_option
@dry_run_option
@lock_timeout_option
@quiet_option
@format_option("text", "json")
@project_options
def promote_command(
    source: str,
    target: str,
    yes: bool,
    force: bool,
    dry_run: bool,
    quiet: bool,
    format_: str,
    **options: Any,
) -> int:
    """Make an environment's changes those of production, without computing them again.

    Only what ENV itself changed moves; what production's newer data makes different is built
    first. Targets are delivered from the stored outputs.
    """
    from seeknal.cli.run import reporter_of
    from seeknal.run.environments.promoting import promote

    def agree(promotion: Promotion) -> bool:
        if format_ == "text" and (dry_run or not quiet):
            _print_promotion(promotion)
        elif dry_run:
            print_json(_promotion(promotion))
        return dry_run or agreed(f"Promote {source} to {target}?", yes)

    moved = promote(
        project_root(),
        request(command=f"promote {source}", environment=target, **options),
        source,
        target,
        reporter_of(format_, quiet),
        force=force,
        dry_run=dry_run,
        agree=agree,
    )
    if moved is None:
        return _end_unmoved(target, format_, dry_run)
    if format_ == "json":
        print_json(_moved(moved))
    elif not moved.nodes:
        say(_nothing(source, target, moved))
    elif not quiet:
        changed = count(len(moved.nodes), "node")
        say(f"{target} is at generation {moved.generation}: {changed} changed")
    return _exit_code(moved)


@click.command("rollback", cls=Command)
@click.argument("name", metavar="ENV")
@yes_option
@to_option()
@click.option("--leave-targets", is_flag=True, help="Succeed though some targets cannot follow.")
@no_materialize_option
@dry_run_option
@lock_timeout_option
@quiet_option
@format_option("text", "json")
@project_options
def rollback_command(
    name: str,
    yes: bool,
    to: int | None,
    leave_targets: bool,
    dry_run: bool,
    quiet: bool,
    format_: str,
    **options: Any,
) -> int:
    """Show what going back to an earlier generation changes, ask, and keep it there.

    env history lists the generations. run refuses until --unpin, or a promote. Targets that are
    replaced as a whole are delivered again; those that cannot be taken back are listed, and the
    exit code is 1.
    """
    from seeknal.cli.run import reporter_of
    from seeknal.run.environments.rolling_back import rollback

    def agree(found: Return) -> bool:
        if format_ == "text" and (dry_run or not quiet):
            _print_return(found)
        elif dry_run:
            print_json(_return(found))
        return dry_run or agreed(f"Put {name} back to generation {found.generation}?", yes)

    moved = rollback(
        project_root(),
        request(command="rollback", environment=name, **options),
        to,
        reporter_of(format_, quiet),
        dry_run=dry_run,
        leave_targets=leave_targets,
        agree=agree,
    )
    if moved is None:
        return _end_unmoved(name, format_, dry_run)
    if format_ == "json":
        print_json(_moved(moved))
    else:
        changed = count(len(moved.nodes), "node")
        if not quiet:
            say(f"{name} is at generation {moved.generation}: {changed} taken back; it stays there")
        for line in moved.left:
            say(f"not rolled back: {line}")
    return _exit_code(moved)


def _end_unmoved(environment: str, format_: str, dry_run: bool) -> int:
    """Answer for a command that was only to show what it would do, or was not agreed to."""
    if dry_run:
        return 0
    if format_ == "json":
        from seeknal.cli.answers import not_agreed

        print_json(not_agreed(environment))
    return 1


def _exit_code(moved: Moved) -> int:
    return 1 if moved.failed or (moved.summary and not moved.summary.ok) else 0


def _moved(moved: Moved) -> dict[str, Any]:
    from seeknal.cli.answers import answered, outcome, run_answer

    return answered(
        outcome(_exit_code(moved) == 0),
        environment=moved.environment,
        generation=moved.generation,
        nodes=[{"node": id} for id in moved.nodes],
        left_targets=list(moved.left),
        differs=list(moved.other),
        run=run_answer(moved.summary, project_root()) if moved.summary else None,
    )


def _nothing(source: str, target: str, moved: Moved) -> str:
    if not moved.other:
        return f"nothing to promote: {target} has all that {source} changed"
    names = f"{', '.join(moved.other[:5])}{', ...' if moved.other[5:] else ''}"
    return (
        f"nothing to promote: {source} changed nothing itself since; {target} has another"
        f" {names}, which {source} takes over with files that say the same"
    )


def _changes(promotion: Promotion) -> list[tuple[NodeId, str]]:
    """Each node that a promotion touches, and what becomes of it."""
    lines = [(id, "changed") for id in promotion.moved]
    lines += [(id, "removed") for id in promotion.removed]
    lines += [
        (id, "the same rows" if id in promotion.kept else "other rows") for id in promotion.followed
    ]
    return lines + [(id, "is built first") for id in promotion.build if id not in promotion.moved]


def _promotion(promotion: Promotion) -> dict[str, Any]:
    from seeknal.cli.answers import answered

    nodes = [
        {
            "node": id,
            "change": what,
            "built": id in promotion.build,
            "goes_on": id in promotion.going_on,
        }
        for id, what in _changes(promotion)
    ]
    return answered(
        "success",
        dry_run=True,
        environment=promotion.target,
        nodes=nodes,
        **{"from": promotion.source},
    )


def _returned(found: Return) -> list[tuple[NodeId, str]]:
    return [*((id, "changed") for id in found.changed), *((id, "removed") for id in found.removed)]


def _return(found: Return) -> dict[str, Any]:
    from seeknal.cli.answers import answered

    return answered(
        "success",
        dry_run=True,
        environment=found.environment,
        generation=found.generation,
        nodes=[{"node": id, "change": what} for id, what in _returned(found)],
    )


def _print_return(found: Return) -> None:
    lines = _returned(found)
    _print_nodes(lines)
    print(
        f"{count(len(lines), 'node')} of {found.environment} go back to generation"
        f" {found.generation}"
    )


def _print_promotion(promotion: Promotion) -> None:
    lines = _changes(promotion)
    _print_nodes((id, _told(id, promotion) if what == "changed" else what) for id, what in lines)
    total = len(lines)
    print(f"{count(total, 'node')} of {promotion.target}: {len(promotion.build)} to build")


def _told(id: NodeId, promotion: Promotion) -> str:
    """What becomes of a node that changes."""
    if id in promotion.going_on:
        return f"changed, goes on from the rows of {promotion.target}, which stay"
    return "changed, is built first" if id in promotion.build else "changed"


def _print_nodes(lines: Iterable[tuple[NodeId, str]]) -> None:
    """Each node, and what becomes of it."""
    known = list(lines)
    width = max((len(id) for id, _ in known), default=0)
    for id, what in known:
        print(f"{id:<{width}}  {what}")
