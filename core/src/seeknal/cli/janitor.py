"""``janitor``: removes what nothing refers to any more."""

from __future__ import annotations

import click

from seeknal.cli.app import Command
from seeknal.cli.common import format_option, lock_timeout_option, project_root, request
from seeknal.cli.render import count, print_json, print_table, size_text
from seeknal.cli.streams import say


@click.command("janitor", cls=Command)
@click.option("--dry-run", is_flag=True, help="Only list what would be removed.")
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
        print_json({"version": 1, "dry_run": dry_run, "bytes": total, "items": items})
    else:
        rows = [(item.kind, item.what, size_text(item.bytes), item.error) for item in items]
        if rows:
            print_table(("kind", "what", "size", "problem"), rows, (False, False, True))
        word = "would be removed" if dry_run else "removed"
        say(f"{count(len(items), 'item')}, {size_text(total)} {word}")
    return 1 if any(item.error for item in items) else 0
