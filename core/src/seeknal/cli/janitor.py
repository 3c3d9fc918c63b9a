"""``janitor``: removes what nothing refers to any more."""

from __future__ import annotations

import click

from seeknal.cli.app import Command
from seeknal.cli.common import lock_timeout_option, project_root, request
from seeknal.cli.render import count, plain, print_json, print_table, size_text
from seeknal.cli.streams import say
from seeknal.flags import dry_run_option, format_option


@click.command("janitor", cls=Command)
@dry_run_option
@lock_timeout_option
@format_option("table", "json")
def janitor_command(dry_run: bool, lock_timeout: float, format_: str) -> int:
    """Remove what nothing refers to any more.

    Expired environments, old generations, outputs and temporary files go. What a kept
    generation, an unfinished run or an owed delivery needs stays, and for a minute what somebody
    may be reading. The keys of janitor: in seeknal_project.yml say how much is kept.
    """
    from seeknal.run.janitor import clean_up

    asked = request(command="janitor", lock_timeout=lock_timeout)
    items = clean_up(project_root(), asked, dry_run=dry_run)
    total = sum(item.bytes for item in items if item.error is None)
    if format_ == "json":
        from seeknal.cli.answers import answered, outcome, told

        good = all(item.error is None for item in items)
        shown = [{**plain(item), "error": told(item.error)} for item in items]
        print_json(answered(outcome(good), dry_run=dry_run, bytes=total, items=shown))
    else:
        rows = [(item.kind, item.what, size_text(item.bytes), item.error) for item in items]
        if rows:
            print_table(("kind", "what", "size", "problem"), rows, (False, False, True))
        word = "would be removed" if dry_run else "removed"
        say(f"{count(len(items), 'item')}, {size_text(total)} {word}")
    return 1 if any(item.error for item in items) else 0
