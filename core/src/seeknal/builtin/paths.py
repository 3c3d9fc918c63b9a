"""Which files a source reads: paths, globs, lists and URLs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.plugin import NodeError, did_you_mean, files_version

if TYPE_CHECKING:
    from seeknal.plugin import Source, SourceContext

_WILD = frozenset("*?[")
_FETCHED = ("http://", "https://")
_OBJECT_STORES = ("s3://", "s3a://", "s3n://", "gs://", "gcs://", "r2://", "az://", "abfss://")


def is_url(path: str) -> bool:
    """Whether ``path`` is fetched rather than opened."""
    return path.lower().startswith(_FETCHED)


def is_object(path: str) -> bool:
    """Whether ``path`` lies in an object store, which DuckDB's extensions read."""
    return path.lower().startswith(_OBJECT_STORES)


def paths_of(source: Source) -> tuple[str, ...]:
    """What the source names, in order. Raises NodeError when it names nothing."""
    given: Any = getattr(source.options, "path", None)
    paths = source.table or ((given,) if isinstance(given, str) else tuple(given or ()))
    if not all(paths) or not paths:
        raise NodeError(
            "it does not say which file it reads",
            code="SK0721",
            help="table: data/orders.csv",
        )
    return paths


def located(
    source: Source, context: SourceContext, headers: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What DuckDB opens for the source, in order, each with what people know it as.

    URLs are fetched into the work folder.

    Raises NodeError for a file that is not there, ConnectionFailed for a URL that cannot be read.
    """
    from seeknal.builtin.readers import shown_name

    found: list[tuple[str, str]] = []
    for number, path in enumerate(paths_of(source)):
        if is_url(path):
            from seeknal.builtin.http import fetch
            from seeknal.builtin.resturls import shown

            found.append((str(fetch(path, headers, context, number)), shown(path)))
        elif is_object(path):
            found.append((path, path.partition("?")[0]))
        else:
            files = map(str, local_files(path, source, context))
            found += [(file, shown_name(file, context)) for file in files]
    return found


def version_of_files(
    source: Source, context: SourceContext, headers: Mapping[str, str]
) -> object | None:
    """Changes when a file's content does, or what a server says of it; None when one is unknown.

    Raises NodeError for a file that is not there.
    """
    paths = paths_of(source)
    local = [path for path in paths if not is_url(path) and not is_object(path)]
    files = [file for path in local for file in local_files(path, source, context)]
    if len(local) == len(paths):
        return files_version(files, context.known_version, root=context.project_root)
    if any(is_object(path) for path in paths):
        return None
    from seeknal.builtin.http import version_of_url

    urls = [version_of_url(path, headers) for path in paths if is_url(path)]
    token = files_version(files, None, root=context.project_root)
    if None in urls or token is None:
        return None
    # Path and hash only: what a touch does not change.
    return [*urls, *([entry[0], entry[-1]] for entry in token)]


def local_files(path: str, source: Source, context: SourceContext) -> list[Path]:
    """The file that ``path`` names, or those that it matches, in order of name.

    Raises NodeError when there is none, naming files with a name like it.
    """
    full = context.resolve(path)
    if full.is_file():
        return [full]
    if _WILD & set(path):
        return _matching(source, path, context)
    raise _missing(source, path, full)


def _matching(source: Source, pattern: str, context: SourceContext) -> list[Path]:
    import glob

    names = sorted(glob.glob(pattern, root_dir=context.project_root, recursive=True))
    files = [context.resolve(name) for name in names if (context.project_root / name).is_file()]
    if not files:
        raise NodeError(f"no file matches {pattern!r}", code="SK0722")
    return list(dict.fromkeys(files))


def _missing(source: Source, path: str, full: Path) -> NodeError:
    if full.is_dir():
        return NodeError(f"{path!r} is a folder", code="SK0723", help=f"table: {path}/*")
    return NodeError(f"there is no file {path!r}", code="SK0723", help=_near(full))


def _near(full: Path) -> str:
    if not full.parent.is_dir():
        return "paths are relative to the project's folder"
    names = sorted(entry.name for entry in full.parent.iterdir())
    near = did_you_mean(full.name, names)
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return near or (f"files there: {shown}" if names else "that folder is empty")
