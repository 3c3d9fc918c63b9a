"""``history``: earlier runs and what they did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import (
    happened_in_run_option,
    happened_to_node_option,
    only_environment_option,
    project_root,
)
from seeknal.cli.completion import node_names
from seeknal.cli.render import print_json, print_table, time_text
from seeknal.cli.streams import say
from seeknal.kernel.command_options import format_option, limit_option
from seeknal.values.errors import UsageError, did_you_mean
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.state.history import History

WELL = ("success", "reused")
Record = Mapping[str, Any]


@click.command("history", cls=Command)
@happened_to_node_option
@happened_in_run_option
@only_environment_option
@limit_option(20)
@format_option("table", "json")
def history_command(
    node: str | None, run_id: str | None, environment: str | None, limit: int, format_: str
) -> None:
    """List earlier runs and what they did to each node.

    Without --node or --run there is a line for each run; months that the janitor has archived
    are listed too. seeknal_history and seeknal_history_full are the same for sql.
    """
    runs = node is None and run_id is None
    found = asked_records(run_id, node, environment)
    matching = (entry for entry in found if (entry.get("node") is None) == runs)
    records = list(islice(matching, limit or None))
    if format_ == "json":
        from seeknal.cli.answers import history_answer

        print_json([history_answer(record) for record in records])
    elif not records:
        say("nothing has run yet" if node is None else f"{node} has not run yet")
    elif runs:
        _print_runs(records)
    else:
        _print_nodes(records, of_run=run_id is not None)


def asked_records(
    run_id: str | None, node: str | None, environment: str | None
) -> Iterator[Record]:
    """The records of a run, a node and an environment, newest first.

    Raises UsageError for one of them that nothing is known of.
    """
    from seeknal.plan.environments import existing
    from seeknal.state.history import History
    from seeknal.state.store import read_state

    history = History(project_root() / "target")
    if environment is not None and not any(history.all(environment=environment)):
        existing(read_state(project_root() / "target").environments, environment)
    batch = _full_run(history, run_id)
    found = history.all(node=_full_name(history, node), batch_id=batch, environment=environment)
    first = next(found, None)
    if first is None:
        _refuse_unknown(history, node, batch)
        return iter(())
    return chain([first], found)


def _full_name(history: History, node: str | None) -> str | None:
    """``node`` with its kind, when its name alone was given."""
    if node is None or "." in node:
        return node
    return next((name for name in _values(history, "node") if name.partition(".")[2] == node), node)


def _full_run(history: History, run_id: str | None) -> str | None:
    """The one run that begins or ends with ``run_id``. Raises UsageError for several."""
    runs = list(dict.fromkeys(_values(history, "batch_id"))) if run_id else []
    if run_id is None or run_id in runs:
        return run_id
    found = [run for run in runs if run.startswith(run_id) or run.endswith(run_id)]
    if len(found) > 1:
        listed = ", ".join(found[:_MOST_RUNS]) + (", ..." if len(found) > _MOST_RUNS else "")
        message = f"{len(found)} runs begin or end with {run_id!r}"
        raise UsageError(message, code="SK0357", help=f"write more of it: {listed}")
    return found[0] if found else run_id


_MOST_RUNS = 5


def _refuse_unknown(history: History, node: str | None, run_id: str | None) -> None:
    """Raises UsageError for a node that neither history nor project knows, and for no run's id."""
    if node is not None:
        from seeknal.query.stored import no_node

        present = node_names(project_root())
        known = {NodeId(name) for name in (*present, *_values(history, "node"))}
        # What the project has cannot be said while its files are wrong.
        if present and node not in known and all(node != id.name for id in known):
            raise no_node(node, sorted(known))
    runs = list(dict.fromkeys(_values(history, "batch_id")))
    if run_id is not None and run_id not in runs:
        raise UsageError(
            f"no run {run_id!r}",
            code="SK0357",
            help=did_you_mean(run_id, runs) or "seeknal history shows all runs",
        )


def _values(history: History, key: str) -> Iterator[str]:
    return (entry[key] for entry in history.all() if entry.get(key))


def _print_runs(records: Sequence[Record]) -> None:
    rows = [
        (
            time_text(record.get("started_at")),
            record.get("batch_id"),
            record.get("environment"),
            record.get("command"),
            record.get("status"),
            _seconds(record),
            _counts(record),
            (record.get("commit") or "")[:7],
        )
        for record in records
    ]
    headers = (
        "started (UTC)",
        "run",
        "environment",
        "command",
        "status",
        "seconds",
        "nodes",
        "commit",
    )
    numeric = (False, False, False, False, False, True, False, False)
    same = [headers[2]] if len({row[2] for row in rows}) == 1 else []
    spare = (headers[0], headers[3], headers[7], *same)
    print_table(headers, rows, numeric, spare=spare, whole=(headers[1],), prose=(headers[6],))


def _print_nodes(records: Sequence[Record], *, of_run: bool) -> None:
    rows = [
        (
            time_text(record.get("finished_at")),
            record.get("node"),
            record.get("status"),
            record.get("reason"),
            _rows(record),
            _seconds(record),
            record.get("batch_id"),
            record.get("error"),
        )
        for record in records
    ]
    headers = ("finished (UTC)", "node", "status", "reason", "rows", "seconds", "run", "error")
    # What was asked for is the same in all rows, and the time is part of the run's name.
    same = [headers[1]] if len({row[1] for row in rows}) == 1 and not of_run else []
    spare = [headers[6], headers[5], headers[0]] if of_run else [*same, headers[6]]
    print_table(
        headers,
        rows,
        (False, False, False, False, True, True, False, False),
        spare=spare,
        prose=(headers[7],),
    )


def _counts(record: Record) -> str:
    """How many nodes there were of each status, in a run's words; first what did not end well."""
    found = (record.get("nodes") or {}).items()
    counts = sorted(found, key=lambda each: each[0] in WELL)
    return ", ".join(
        f"{number} {'run' if status == 'success' else status}" for status, number in counts
    )


def _rows(record: Record) -> str | None:
    rows = record.get("rows_out")
    return None if rows is None else f"{rows:,}"


def _seconds(record: Record) -> str:
    return f"{record.get('seconds') or 0.0:.2f}"
