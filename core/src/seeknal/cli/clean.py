"""``clean``: removes what runs have stored."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import lock_timeout_option, project_root
from seeknal.cli.render import print_json, size_text
from seeknal.cli.streams import say
from seeknal.kernel.command_options import dry_run_option, format_option, yes_option
from seeknal.scheduling.place import FOLDER
from seeknal.values.errors import UsageError

KEPT = (".lock", ".lock.json", FOLDER)
"""The lock that is held while files are removed, and what schedulers that are at work hold."""


@click.command("clean", cls=Command)
@click.option("--all", "everything", is_flag=True, help="Remove .seeknal too; asks first.")
@yes_option
@dry_run_option
@lock_timeout_option
@format_option("text", "json")
def clean_command(
    everything: bool, yes: bool, dry_run: bool, lock_timeout: float, format_: str
) -> int:
    """Remove what runs have stored.

    Removes target/: outputs are built again by the next run, the history of runs is lost.
    .seeknal/ holds what cannot be rebuilt and is removed only with --all, after asking; so are
    the versions that snapshots have kept.
    """
    root = project_root()
    folders = [root / "target"]
    if everything and (root / ".seeknal").exists():
        folders.append(root / ".seeknal")
    found = [_size(folder) for folder in folders]
    if format_ == "text":
        for entry in found:
            say(f"{entry['what']}: {entry['files']} files, {size_text(entry['bytes'])}")
    status = "success"
    if not dry_run:
        lost = [*_kept_rows(root), *(folder.name for folder in folders[1:])]
        if lost and not yes and not _agreed(", ".join(lost)):
            status = "not agreed"
        elif _remove(root, folders, lock_timeout) and format_ == "text":
            say("removed")
    if format_ == "json":
        from seeknal.cli.answers import answered

        total = sum(entry["bytes"] for entry in found)
        print_json(answered(status, dry_run=dry_run, bytes=total, items=found))
    return 0 if status == "success" else 1


def _kept_rows(root: Path) -> list[str]:
    """Nodes whose rows are of many runs: nothing else says what they were."""
    from seeknal.state.store import read_state
    from seeknal.values.errors import SeeknalError

    try:
        environments = read_state(root / "target").environments.values()
    except SeeknalError:
        # What cannot be read is no reason to keep the rest.
        return []
    found = (snapshot for each in environments for snapshot in each.snapshots.values())
    return sorted({str(each.node) for each in found if each.merged and each.merged.lasting})


def _agreed(lost: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            f"{lost} cannot be rebuilt", code="SK0268", help="say --yes to remove it all the same"
        )
    return click.confirm(f"{lost} cannot be rebuilt. Remove it all?", err=True)


def _size(folder: Path) -> dict[str, Any]:
    files = [path for path in folder.rglob("*") if not path.is_symlink() and path.is_file()]
    size = sum(path.stat().st_size for path in files)
    return {"what": folder.name, "files": len(files), "bytes": size}


def _remove(root: Path, folders: Iterable[Path], lock_timeout: float) -> bool:
    from seeknal.state.lock import project_lock

    there = [folder for folder in folders if folder.exists()]
    if not there:
        return False
    with project_lock(root / "target", command="clean", timeout=lock_timeout):
        for folder in there:
            for path in folder.iterdir():
                if folder.name != "target" or path.name not in KEPT:
                    _remove_path(path)
    return True


def _remove_path(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for folder, _, _ in os.walk(path):
            os.chmod(folder, stat.S_IRWXU)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
