"""Which files a source reads: paths, globs, lists and URLs."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from seeknal.plugin import Context, NodeError, Source, did_you_mean

_WILD = frozenset("*?[")


def is_url(path: str) -> bool:
    """Whether ``path`` is fetched rather than opened."""
    return path.startswith(("http://", "https://"))


def paths_of(source: Source) -> tuple[str, ...]:
    """What the source names, in order. Raises NodeError when it names nothing."""
    given: Any = getattr(source.options, "path", None)
    paths = source.table or ((given,) if isinstance(given, str) else tuple(given or ()))
    if not paths:
        raise NodeError(
            f"{source.node} does not say which file it reads",
            code="SK0721",
            help="table: data/orders.csv",
        )
    return paths


def local_files(source: Source, context: Context) -> list[Path]:
    """The files below the project, globs expanded in order of name.

    Raises NodeError for a path that is not there, naming files with a name like it.
    """
    found: list[Path] = []
    for path in paths_of(source):
        full = context.resolve(path)
        if full.is_file():
            found.append(full)
        elif _WILD & set(path):
            found += _expand(source, path, context)
        else:
            raise _missing(source, path, full)
    return found


def _expand(source: Source, pattern: str, context: Context) -> list[Path]:
    names = sorted(glob.glob(str(context.project_root / pattern), recursive=True))
    files = [context.resolve(name) for name in names if Path(name).is_file()]
    if not files:
        raise NodeError(f"{source.node}: no file matches {pattern!r}", code="SK0722")
    return files


def _missing(source: Source, path: str, full: Path) -> NodeError:
    if full.is_dir():
        return NodeError(
            f"{source.node}: {path!r} is a folder", code="SK0723", help=f"table: {path}/*"
        )
    near = [entry.name for entry in full.parent.iterdir()] if full.parent.is_dir() else []
    help = did_you_mean(full.name, near) or "paths are relative to the project's folder"
    return NodeError(f"{source.node}: there is no file {path!r}", code="SK0723", help=help)


@frozen
class Located:
    """Files that lie on this machine, wherever they came from."""

    files: list[Path]

    @classmethod
    def of(cls, source: Source, context: Context, headers: Mapping[str, str]) -> Located:
        """The source's files; those behind URLs are fetched into the work folder."""
        paths = paths_of(source)
        if not any(is_url(path) for path in paths):
            return cls(local_files(source, context))
        from seeknal.builtin.http import fetch

        return cls([fetch(path, headers, context, number) for number, path in enumerate(paths)])


def url_version(
    paths: Sequence[str], headers: Mapping[str, str], context: Context
) -> list[list[str]] | None:
    """What the servers say of the files' versions; None when one says nothing."""
    from seeknal.builtin.http import version

    versions = [version(path, headers) for path in paths]
    return None if None in versions else [list(entry) for entry in versions if entry]
