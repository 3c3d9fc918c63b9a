"""``clean``: removes what runs have stored."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from seeknal.cli.app import Command
from seeknal.cli.common import lock_timeout_option, project_root
from seeknal.cli.render import size_text
from seeknal.cli.streams import say
from seeknal.errors import UsageError

KEPT = (".lock", ".lock.json")
"""The lock that is held while files are removed."""


@click.command("clean", cls=Command)
@click.option("--all", "everything", is_flag=True, help="Remove .seeknal too; asks first.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only list what would be removed.")
@lock_timeout_option
def clean_command(everything: bool, yes: bool, dry_run: bool, lock_timeout: float) -> int:
    """Remove what runs have stored.

    Removes target/: outputs are built again by the next run, the history of runs is lost.
    .seeknal/ holds what cannot be rebuilt and is removed only with --all, after asking.
    """
    root = project_root()
    folders = [root / "target"]
    if everything and (root / ".seeknal").exists():
        folders.append(root / ".seeknal")
    _list(folders)
    if dry_run:
        return 0
    if len(folders) > 1 and not yes and not _agreed():
        return 1
    _remove(root, folders, lock_timeout)
    return 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            ".seeknal cannot be rebuilt", code="SK0268", help="say --yes to remove it all the same"
        )
    return click.confirm(".seeknal cannot be rebuilt. Remove it all?", err=True)


def _list(folders: Iterable[Path]) -> None:
    for folder in folders:
        files = [path for path in folder.rglob("*") if not path.is_symlink() and path.is_file()]
        size = sum(path.stat().st_size for path in files)
        say(f"{folder.name}: {len(files)} files, {size_text(size)}")


def _remove(root: Path, folders: Iterable[Path], lock_timeout: float) -> None:
    from seeknal.state.lock import project_lock

    if not (root / "target").exists():
        return
    with project_lock(root / "target", command="clean", timeout=lock_timeout):
        for folder in folders:
            for path in folder.iterdir():
                if folder.name != "target" or path.name not in KEPT:
                    _remove_path(path)
    say("removed")


def _remove_path(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for folder, _, _ in os.walk(path):
            os.chmod(folder, stat.S_IRWXU)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
