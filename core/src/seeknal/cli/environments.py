"""``env``, ``promote`` and ``rollback``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command, Group
from seeknal.cli.common import (
    lock_timeout_option,
    no_materialize_option,
    project_options,
    project_root,
    read_duration,
    request,
)
from seeknal.cli.render import count, print_json, print_table
from seeknal.cli.streams import say
from seeknal.kernel.command_options import (
    dry_run_option,
    force_option,
    format_option,
    limit_option,
    to_option,
    yes_option,
)
from seeknal.values.errors import UsageError
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.plan.promotion import Promotion
    from seeknal.run.environments.moving import Moved
    from seeknal.run.environments.rolling_back import Return
    from seeknal.state.generations import Generation
    from seeknal.state.store import EnvironmentState
    from seeknal.values.names import NodeId


@click.group("env", cls=Group)
def env_command() -> None:
    """Create, list and delete environments, and show their generations.

    env plan, env apply and env promote are other spellings of plan, apply and promote.
    """


def _read_ttl(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> float | None:
    seconds = read_duration(context, parameter, value)
    if seconds == 0:
        raise click.BadParameter(f"{value} is no time: the next janitor would remove it")
    return seconds


@env_command.command("create", cls=Command)
@click.argument("name", metavar="ENV")
@click.option(
    "--from",
    "origin",
    metavar="ENV",
    default=PRODUCTION,
    show_default=True,
    help="Whose outputs it begins with.",
)
@click.option(
    "--ttl",
    metavar="DURATION",
    callback=_read_ttl,
    show_default="janitor.environment_ttl",
    help="Remove it when it was not used for so long.",
)
@lock_timeout_option
@format_option("text", "json")
def create_command(
    name: str, origin: str, ttl: float | None, lock_timeout: float, format_: str
) -> None:
    """Make an environment with the outputs of another; no data is copied.

    run --env NAME does so too, from prod.
    """
    from seeknal.run.environments.commands import create

    root = project_root()
    if ttl is None:
        from seeknal.project.settings import load_settings

        ttl = load_settings(root)[0].retention.environment_ttl
    asked = request(command=f"env create {name}", lock_timeout=lock_timeout)
    nodes = create(root, asked, name, origin, ttl)
    if format_ == "json":
        from seeknal.cli.answers import answered

        print_json(answered("success", environment=name, node_count=nodes, **{"from": origin}))
        return
    say(f"{name}: {count(nodes, 'node')} from {origin}, no data copied")


@env_command.command("list", cls=Command)
@format_option("table", "json")
def list_command(format_: str) -> None:
    """List all environments."""
    found = [_about(entry) for entry in _environments().values()]
    if format_ == "json":
        print_json(found)
        return
    headers = ("environment", "from", "generation", "nodes", "updated (UTC)", "expires", "note")
    rows = [
        (
            entry["environment"],
            entry["from"],
            entry["generation"],
            entry["node_count"],
            _time(entry["updated_at"]),
            _time(entry["expires_at"]),
            f"pinned to {entry['pinned']}" if entry["pinned"] is not None else "",
        )
        for entry in found
    ]
    print_table(headers, rows, (False, False, True, True))


@env_command.command("show", cls=Command)
@click.argument("name", metavar="ENV")
@format_option("text", "json")
def show_command(name: str, format_: str) -> None:
    """Show an environment: where it comes from and what is its own."""
    from seeknal.plan.environments import existing

    environments = _environments()
    environment = existing(environments, name)
    origin = environments.get(environment.origin or "")
    about = _about(environment)
    about["differs"] = sorted(_differing(environment, origin))
    if format_ == "json":
        from seeknal.cli.answers import answered

        print_json(answered("success", **about))
        return
    for key, value in about.items():
        if key != "differs" and value is not None:
            word = _SHOWN.get(key, key)
            print(f"{word:<11}{_time(value) if key in _TIMES else value}")
    if origin is not None:
        print(f"{'differs':<11}{count(len(about['differs']), 'node')} from {origin.name}")
        for id in about["differs"]:
            print(f"  {id}")


@env_command.command("delete", cls=Command)
@click.argument("name", metavar="ENV")
@yes_option
@lock_timeout_option
@format_option("text", "json")
def delete_command(name: str, yes: bool, lock_timeout: float, format_: str) -> int:
    """Delete an environment; its targets in databases stay, its files go.

    Outputs that no other environment has are removed by the next janitor.
    """
    from seeknal.cli.answers import answered, not_agreed
    from seeknal.run.environments.commands import check_deletable, delete
    from seeknal.state.store import read_state

    check_deletable(read_state(project_root() / "target"), name)
    if name != PRODUCTION and not agreed(f"Delete environment {name}?", yes):
        if format_ == "json":
            print_json(not_agreed(name))
        return 1
    delete(project_root(), request(command=f"env delete {name}", lock_timeout=lock_timeout), name)
    if format_ == "json":
        print_json(answered("success", environment=name))
    else:
        say(f"deleted {name}")
    return 0


@env_command.command("history", cls=Command)
@click.argument("name", metavar="[ENV]", default=PRODUCTION)
@limit_option(20)
@format_option("table", "json")
def history_command(name: str, limit: int, format_: str) -> None:
    """List the generations of an environment that are kept, newest first."""
    from seeknal.plan.environments import existing
    from seeknal.state.generations import Generations

    environment = existing(_environments(), name)
    found = Generations(project_root() / "target").kept(name, environment.generation)
    found = found[: limit or None]
    if format_ == "json":
        print_json([_generation(entry) for entry in found])
        return
    if not found:
        say(f"{name} has no generations yet")
        return
    rows = [
        (
            entry.number,
            _time(entry.at),
            f"{entry.command} {entry.note}".strip(),
            entry.changed,
            entry.commit[:7],
            "" if entry.closed else "interrupted",
        )
        for entry in found
    ]
    headers = ("generation", "at (UTC)", "command", "changed", "commit", "note")
    print_table(headers, rows, (True, False, False, True))


@click.command("promote", cls=Command)
@click.argument("source", metavar="ENV")
@click.argument("target", metavar="[INTO]", default=PRODUCTION)
@yes_option
@force_option
@no_materialize_option
@dry_run_option
@lock_timeout_option
@format_option("text", "json")
@project_options
def promote_command(
    source: str,
    target: str,
    yes: bool,
    force: bool,
    dry_run: bool,
    format_: str,
    **options: Any,
) -> int:
    """Make an environment's changes those of production, without computing them again.

    Only what ENV itself changed moves; what production's newer data makes different is built
    first. Targets are delivered from the stored outputs.
    """
    from seeknal.cli.answers import not_agreed
    from seeknal.cli.run import reporter_of
    from seeknal.run.environments.promoting import promote

    def agree(promotion: Promotion) -> bool:
        if format_ == "text":
            _print_promotion(promotion)
        elif dry_run:
            print_json(_promotion(promotion))
        return dry_run or agreed(f"Promote {source} to {target}?", yes)

    moved = promote(
        project_root(),
        request(command=f"promote {source}", environment=target, **options),
        source,
        target,
        reporter_of(format_),
        force=force,
        dry_run=dry_run,
        agree=agree,
    )
    if moved is None:
        if format_ == "json" and not dry_run:
            print_json(not_agreed(target))
        return 0 if dry_run else 1
    if format_ == "json":
        print_json(_moved(moved))
    elif not moved.nodes:
        say(_nothing(source, target, moved))
    else:
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
@format_option("text", "json")
@project_options
def rollback_command(
    name: str,
    yes: bool,
    to: int | None,
    leave_targets: bool,
    dry_run: bool,
    format_: str,
    **options: Any,
) -> int:
    """Show what going back to an earlier generation changes, ask, and keep it there.

    env history lists the generations. run refuses until --unpin, or a promote. Targets that are
    replaced as a whole are delivered again; those that cannot be taken back are listed, and the
    exit code is 1.
    """
    from seeknal.cli.answers import not_agreed
    from seeknal.cli.run import reporter_of
    from seeknal.run.environments.rolling_back import rollback

    def agree(found: Return) -> bool:
        if format_ == "text":
            _print_return(found)
        elif dry_run:
            print_json(_return(found))
        return dry_run or agreed(f"Put {name} back to generation {found.generation}?", yes)

    moved = rollback(
        project_root(),
        request(command="rollback", environment=name, **options),
        to,
        reporter_of(format_),
        dry_run=dry_run,
        leave_targets=leave_targets,
        agree=agree,
    )
    if moved is None:
        if format_ == "json" and not dry_run:
            print_json(not_agreed(name))
        return 0 if dry_run else 1
    if format_ == "json":
        print_json(_moved(moved))
    else:
        changed = count(len(moved.nodes), "node")
        say(f"{name} is at generation {moved.generation}: {changed} taken back; it stays there")
        for line in moved.left:
            say(f"not rolled back: {line}")
    return _exit_code(moved)


def agreed(question: str, yes: bool) -> bool:
    """Whether the user says so. Raises UsageError where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(
            "nobody can be asked here", code="SK0827", help="say --yes when it is to be done"
        )
    return click.confirm(question, err=True)


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
        {"node": id, "change": what, "built": id in promotion.build}
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
    width = max((len(id) for id, _ in lines), default=0)
    for id, what in lines:
        print(f"{id:<{width}}  {what}")
    print(
        f"{count(len(lines), 'node')} of {found.environment} go back to generation"
        f" {found.generation}"
    )


def _print_promotion(promotion: Promotion) -> None:
    lines = _changes(promotion)
    width = max((len(id) for id, _ in lines), default=0)
    for id, what in lines:
        first = ", is built first" if what == "changed" and id in promotion.build else ""
        print(f"{id:<{width}}  {what}{first}")
    total = len(lines)
    print(f"{count(total, 'node')} of {promotion.target}: {len(promotion.build)} to build")


_TIMES = ("created_at", "updated_at", "expires_at")
_SHOWN = {
    "environment": "name",
    "node_count": "nodes",
    "created_at": "created",
    "updated_at": "updated",
    "expires_at": "expires",
}
"""What people read for a key."""


def _about(environment: EnvironmentState) -> dict[str, Any]:
    from datetime import datetime, timedelta

    expires = None
    if environment.ttl is not None and environment.updated:
        updated = datetime.fromisoformat(environment.updated)
        expires = (updated + timedelta(seconds=environment.ttl)).isoformat()
    return {
        "environment": environment.name,
        "from": environment.origin,
        "generation": environment.generation,
        "node_count": len(environment.snapshots),
        "created_at": environment.created,
        "updated_at": environment.updated,
        "expires_at": expires,
        "pinned": environment.pinned,
        "commit": environment.commit,
    }


def _generation(entry: Generation) -> dict[str, Any]:
    return {
        "generation": entry.number,
        "started_at": entry.at,
        "finished_at": entry.closed or None,
        "command": entry.command,
        "run_id": entry.run_id or None,
        "commit": entry.commit or None,
        "note": entry.note,
        "changed": entry.changed,
    }


def _differing(environment: EnvironmentState, origin: EnvironmentState | None) -> set[str]:
    if origin is None:
        return set()
    from seeknal.plan.views import output_now

    mine, theirs = environment.snapshots, origin.snapshots
    return {
        id
        for id in {*mine, *theirs}
        if id not in mine or id not in theirs or output_now(mine, id) != output_now(theirs, id)
    }


def _environments() -> dict[str, EnvironmentState]:
    from seeknal.state.store import read_state

    found = dict(read_state(project_root() / "target").environments)
    return {
        name: found[name] for name in sorted(found, key=lambda name: (name != PRODUCTION, name))
    }


def _time(text: str | None) -> str:
    return (text or "")[:19].replace("T", " ")
