"""Files that targets are: where they go, what they hold, and whether they are still ours."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from seeknal.plugin import (
    Delivered,
    DeliveryError,
    Fate,
    NodeError,
    NodeId,
    Problem,
    TargetStands,
    find_word,
    replacing,
    without_values,
)

if TYPE_CHECKING:
    from seeknal.builtin.options.filetarget import FileOptions, Format
    from seeknal.plugin import (
        DeliveryContext,
        Project,
        Relation,
        Standing,
        Target,
        TargetContext,
    )

_BY_SUFFIX: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
_FULL = ("No space left on device", "Out of disk space", "Disk quota exceeded")
_OWN = (
    *("seeknal_project.yml", "profiles.yml", ".env", ".git/*", ".seeknal/*"),
    *("seeknal/*.yml", "seeknal/*.yaml", "seeknal/*.py", "seeknal/*.sql", "seeknal/seeds/*"),
    *("target/.*", "target/run_state*", "target/state/*", "target/history/*", "target/audits/*"),
    *("target/cache/*", "target/intermediate/*", "target/tmp/*", "target/environments/*"),
)
"""What only the project's author or seeknal itself may write; ``*`` stands for folders too."""


def problems_of(project: Project) -> Iterator[Problem]:
    """What is wrong with file targets and shows without rows."""
    from seeknal.builtin.filechecks import below_files
    from seeknal.builtin.options.filetarget import FileOptions

    owners: dict[Path, Target] = {}
    misnamed: set[Path] = set()
    built = [target for node in project.nodes.values() for target in node.targets]
    for target in (*built, *project.wrong_targets):
        if isinstance(target.options, FileOptions) and target.options.path.strip():
            path = (project.root / target.options.path).resolve()
            first = owners.setdefault(path, target)
            if first is not target:
                yield _one_file_twice(first, target)
            sound = target not in project.wrong_targets
            wrong = [*_wrong(target, target.options, path, project, sound=sound)]
            if any(problem.code in _MISNAMED for problem in wrong):
                misnamed.add(path)
            yield from wrong
    # What is no file's path may have been meant as the folder of the others.
    files = {path: target for path, target in owners.items() if path not in misnamed}
    yield from below_files(files, project.root)


_MISNAMED = ("SK1102", "SK1106", "SK1109")


def _wrong(
    target: Target, options: FileOptions, path: Path, project: Project, *, sound: bool
) -> Iterator[Problem]:
    """What a delivery would say of the path, else of a sound target what is wrong otherwise."""
    from seeknal.builtin.filechecks import option_problems

    root = project.root
    try:
        _refuse_elsewhere(options.path)
        format = _format(options) if sound else None
        _refuse_own(options.path, path, root)
    except NodeError as error:
        place = target.location and find_word(root, target.location, options.path, "path")
        yield Problem(
            code=error.code,
            message=error.message,
            location=place,
            help=error.help,
            node=target.node,
        )
        return
    if format is not None:
        yield from option_problems(target, options, format, project)


def _one_file_twice(first: Target, second: Target) -> Problem:
    return Problem(
        code="SK1107",
        message=f"{first.node} and {second.node} both write {second.label}",
        location=second.location,
        help="give each its own path: the later one would replace the other's rows",
        node=second.node,
    )


def place_in(options: FileOptions, context: TargetContext) -> str:
    """Where an environment's file goes."""
    path, root = _place(options, context), context.project_root.resolve()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def deliver(
    target: Target, options: FileOptions, relation: Relation, context: DeliveryContext
) -> Delivered:
    """Replace the file by one of these rows."""
    import shutil

    path = _place(options, context)
    format = _format(options)
    if context.anew and os.path.lexists(path):
        raise TargetStands(f"there is a file {options.path}")
    try:
        with replacing(path) as temporary:
            rows = _write(format, options, relation, temporary, context)
            if path.exists():
                shutil.copymode(path, temporary)
            proof = _proof(temporary)
    except Exception as error:
        raise _explained(error, options, path, context.pii(target.node)) from error
    return Delivered(rows=rows, proof=proof)


def stands(options: FileOptions, context: TargetContext) -> bool:
    """Whether something is where the file goes."""
    return os.path.lexists(_place(options, context))


def drop(
    target: Target,
    options: FileOptions,
    standing: Standing,
    context: TargetContext,
    *,
    dry_run: bool,
) -> Fate:
    """Remove the file where it is as it was delivered."""
    path = _place(options, context)
    if not os.path.lexists(path):
        return Fate(verdict="gone")
    if not standing.proof:
        return Fate(verdict="kept", why="what it held when it was delivered is not on record")
    if not path.is_file() or _proof(path) != standing.proof:
        return Fate(verdict="kept", why="it is not what was delivered: somebody has changed it")
    if not dry_run:
        try:
            path.unlink()
        except OSError as error:
            raise DeliveryError(f"{target.label}: {error.strerror}", code="SK1104") from error
    return Fate(verdict="dropped")


def _proof(path: Path) -> str:
    """What only a file of the same content has."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _place(options: FileOptions, context: TargetContext) -> Path:
    """The file's place; outside production below ``target/environments``.

    Raises NodeError for a path out of the project, or one that is the project's own.
    """
    if context.environment != "prod":
        return _isolated(options.path, context)
    root = context.project_root
    path = (
        (root / options.path).resolve() if options.allow_outside else context.resolve(options.path)
    )
    _refuse_own(options.path, path, root)
    return path


def _isolated(path: str, context: TargetContext) -> Path:
    """No path leaves an environment's folder, whatever it holds."""
    steps = [step for step in PurePath(path).parts if step not in ("..", "/")]
    return context.resolve(str(PurePath("target/environments", context.environment, *steps)))


def _refuse_elsewhere(given: str) -> None:
    """A path that means another place to people than the folder that it would become here."""
    if "://" in given:
        raise NodeError(
            f"{given!r} is an address, and a file target writes files of this machine",
            code="SK1109",
            help="write to a folder such as outputs/, and copy the file from there",
        )
    if given.startswith("~") and "/" in given:
        raise NodeError(
            f"{given!r} begins with ~, which would be a folder of that name",
            code="SK1109",
            help="write the path in full, with allow_outside: true",
        )


def _refuse_own(given: str, path: Path, root: Path) -> None:
    if not path.is_relative_to(root.resolve()):
        return
    inside = path.relative_to(root.resolve()).as_posix()
    if any(fnmatchcase(inside, pattern) for pattern in _OWN):
        raise NodeError(
            f"{given!r} is a place of the project's own files",
            code="SK1106",
            help="write to another folder, such as outputs/",
        )


def _format(options: FileOptions) -> Format:
    found = options.format or _BY_SUFFIX.get(_ending(options))
    if found is None:
        raise NodeError(
            f"{PurePath(options.path).name!r} does not show in which format it is written",
            code="SK1102",
            help="format: csv, json, parquet or xlsx",
        )
    return found


def _ending(options: FileOptions) -> str:
    """The ending that shows the format: that before ``.gz``, where a file is compressed."""
    endings = [ending.lower() for ending in PurePath(options.path).suffixes]
    return next((ending for ending in reversed(endings) if ending not in (".gz", ".zst")), "")


def _write(
    format: Format, options: FileOptions, relation: Relation, path: Path, context: DeliveryContext
) -> int:
    import shutil

    if format == "xlsx":
        from seeknal.builtin.workbook import write_workbook

        parents = [(NodeId(id).name, context.parent(id)) for id in options.sheets]
        found = parents or [(relation.node.name, relation)]
        return write_workbook(found, path, context, header=options.header)
    if format == "parquet" and relation.path is not None and options.compression is None:
        # The stored output is what would be written: nothing is decoded, nothing lost.
        shutil.copyfile(relation.path, path)
        return relation.rows
    from seeknal.builtin.copying import copy_rows

    return copy_rows(format, options, relation, path, context)


def _explained(
    error: Exception, options: FileOptions, path: Path, private: Collection[str]
) -> Exception:
    if isinstance(error, NodeError | DeliveryError):
        return error
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT) or any(text in str(error) for text in _FULL):
        return DeliveryError(
            f"no space left to write {options.path} ({_free(path):,.1f} MiB free)",
            code="SK1103",
            help="make room and run again; the file holds what it held",
        )
    strerror = error.strerror if isinstance(error, OSError) else None
    reason = strerror or without_values(error, private)
    return DeliveryError(
        f"{options.path} cannot be written: {reason}",
        code="SK1104",
        help="it holds what it held before",
    )


def _free(path: Path) -> float:
    import shutil

    folder = next(folder for folder in path.parents if folder.exists())
    return shutil.disk_usage(folder).free / 2**20
