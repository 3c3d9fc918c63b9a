"""Which git commit a project's files are at, read from git's own files."""

from __future__ import annotations

from pathlib import Path


def commit_of(root: Path) -> str | None:
    """The commit that is checked out around ``root``; None outside of git, or before the first."""
    for folder in (root, *root.parents):
        git = folder / ".git"
        if git.exists():
            try:
                return _head(_directory(git))
            except (OSError, UnicodeDecodeError):
                return None
    return None


def _directory(git: Path) -> Path:
    if git.is_dir():
        return git
    # A worktree or a submodule: a file that says where its folder is.
    return git.parent / git.read_text("utf-8").removeprefix("gitdir:").strip()


def _head(directory: Path) -> str | None:
    head = (directory / "HEAD").read_text("utf-8").strip()
    if not head.startswith("ref:"):
        return head or None
    name = head.removeprefix("ref:").strip()
    shared = directory / "commondir"
    common = directory / shared.read_text("utf-8").strip() if shared.is_file() else directory
    for place in (directory, common):
        if (place / name).is_file():
            return (place / name).read_text("utf-8").strip()
    packed = common / "packed-refs"
    lines = packed.read_text("utf-8").splitlines() if packed.is_file() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {name}")), None)
