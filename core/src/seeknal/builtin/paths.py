"""Which files a source reads: paths, globs, lists and URLs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import NodeError, did_you_mean, files_version, is_timed

if TYPE_CHECKING:
    from datetime import datetime

    from seeknal.plugin import Source, SourceContext, TimedPath, Within

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
    """What the source names, in order. Raises NodeError when it names nothing, or the
    times of what is not here."""
    given: Any = getattr(source.options, "path", None)
    paths = source.table or ((given,) if isinstance(given, str) else tuple(given or ()))
    if not all(paths) or not paths:
        raise NodeError(
            "it does not say which file it reads",
            code="SK0721",
            help="table: data/orders.csv",
        )
    for path in paths:
        if is_timed(path) and (is_url(path) or is_object(path)):
            raise NodeError(
                f"table: {path!r}: only names of files below the project say a time",
                code="SK0765",
                help="write * in place of {time:...}",
            )
    return paths


@frozen(kw_only=True)
class Located:
    """What DuckDB opens, what people know it as, and the time that its path says that it is of."""

    opened: str
    known: str
    span: tuple[datetime, datetime] | None = None

    def has_of(self, within: Within) -> bool:
        """Whether it may have rows of a range of time."""
        return self.span is None or _meets(self.span, within)


def _meets(span: tuple[datetime, datetime], within: Within) -> bool:
    return span[0] < within.end and within.start < span[1]


def located(source: Source, context: SourceContext, headers: Mapping[str, str]) -> list[Located]:
    """What there is to open for the source, in order.

    URLs are fetched into the work folder.

    Raises NodeError for a file that is not there, ConnectionFailed for a URL that cannot be read.
    """
    from seeknal.builtin.readers import shown_name

    found: list[Located] = []
    for number, path in enumerate(paths_of(source)):
        if is_url(path):
            from seeknal.builtin.http import fetch
            from seeknal.builtin.resturls import shown

            opened = str(fetch(path, headers, context, number))
            found.append(Located(opened=opened, known=shown(path)))
        elif is_object(path):
            found.append(Located(opened=path, known=path.partition("?")[0]))
        else:
            found += [
                Located(opened=str(file), known=shown_name(str(file), context), span=span)
                for file, span in timed_files(path, source, context).items()
            ]
    return found


def version_of_files(
    source: Source, context: SourceContext, headers: Mapping[str, str]
) -> object | None:
    """Changes when a file's content does, or what a server says of it; None when one is unknown.

    Raises NodeError for a file that is not there.
    """
    paths = paths_of(source)
    local = [path for path in paths if not is_url(path) and not is_object(path)]
    files = [file for path in local for file in timed_files(path, source, context)]
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


def timed_files(
    path: str, source: Source, context: SourceContext
) -> dict[Path, tuple[datetime, datetime] | None]:
    """The files of a path; where it says their time and a range is asked for, those of the range,
    or else one, each with its time.

    Raises NodeError when there is none, or when a name is of no time.
    """
    if not is_timed(path):
        return dict.fromkeys(local_files(path, source, context))
    from seeknal.plugin import TimedPath

    try:
        timed, within = TimedPath(path), source.within
        if within is not None and (found := _names_within(timed, within, context)):
            return {context.resolve(name): span for name, span in found.items()}
        names = [name for name in _names(timed.pattern, context) if timed.matches(name)]
        if not names:
            raise _no_match(path)
        if within is None:
            return dict.fromkeys(map(context.resolve, names))
        # Where the range has no file, another tells the columns.
        return {context.resolve(names[-1]): timed.span(names[-1], within.timezone)}
    except ValueError as error:
        raise NodeError(f"table: {path!r}: {error}", code="SK0765", help=_TIMED) from None


def _names_within(
    timed: TimedPath, within: Within, context: SourceContext
) -> dict[str, tuple[datetime, datetime]]:
    """The files of a range, in order, each with its time; no folder of another time is opened.

    Raises ValueError for a name that says no time.
    """
    from glob import escape, glob

    named, found = timed.last_timed, {}
    follows = timed.text.removeprefix(named.text)
    for place in glob(named.pattern, root_dir=context.project_root, recursive=True):
        if not named.matches(place) or not _may_be_of(named, place, within):
            continue
        for name in _names(escape(place) + follows, context):
            if timed.matches(name) and _meets(span := timed.span(name, within.timezone), within):
                found[name] = span
    return dict(sorted(found.items()))


def _may_be_of(named: TimedPath, place: str, within: Within) -> bool:
    try:
        return _meets(named.span(place, within.timezone), within)
    except ValueError:
        # It is a mistake where there are files in it.
        return True


_TIMED = "such as data/{time:%Y-%m-%d}.csv or data/{time:%Y/%m/%d/%H}/*.parquet"


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
    files = [context.resolve(name) for name in _names(pattern, context)]
    if not files:
        raise _no_match(pattern)
    return list(dict.fromkeys(files))


def _names(pattern: str, context: SourceContext) -> list[str]:
    """The files that match, as the pattern spells them, in order."""
    import glob

    names = sorted(glob.glob(pattern, root_dir=context.project_root, recursive=True))
    return [name for name in names if (context.project_root / name).is_file()]


def _no_match(pattern: str) -> NodeError:
    return NodeError(f"no file matches {pattern!r}", code="SK0722")


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
