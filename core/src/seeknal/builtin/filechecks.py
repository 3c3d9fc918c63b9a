"""What file targets say that cannot be, or that has no effect, told before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.builtin.readeroptions import FORMATS, is_format
from seeknal.plugin import Problem, did_you_mean, find_word

if TYPE_CHECKING:
    from seeknal.builtin.options.filetarget import FileOptions, Format
    from seeknal.plugin import Project, Target

_TEXT = ("none", "uncompressed", "gzip", "zstd", "auto", "auto_detect", "infer")
_LONGEST = 4
"""Bytes of a delimiter."""
_PARQUET = ("uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4", "lz4_raw")
_CSV = ("delimiter", "nullstr", "dateformat", "timestampformat", "excel_safe")
_USED_BY: Mapping[str, tuple[Format, ...]] = {
    **dict.fromkeys(_CSV, ("csv",)),
    "array": ("json", "ndjson", "jsonl"),
    "compression": ("csv", "json", "ndjson", "jsonl", "parquet"),
    "sheets": ("xlsx",),
}
"""The formats that an option has an effect on."""


def option_problems(
    target: Target, options: FileOptions, format: Format, project: Project
) -> Iterator[Problem]:
    """What is wrong with the options of one target, whose path is right."""
    for name, formats in _USED_BY.items():
        if getattr(options, name) and format not in formats:
            text = f"{name} has no effect on {format}"
            help = f"{name}: is for {', '.join(formats)}; leave it out"
            yield _problem(target, project.root, "SK1119", text, name, "", help, warns=True)
    delimiter = options.delimiter
    if delimiter == "":
        text, help = "delimiter is empty", 'delimiter: ";", or leave it out for a comma'
        yield _problem(target, project.root, "SK1108", text, "delimiter", "", help)
    elif delimiter and (len(delimiter.encode()) > _LONGEST or '"' in delimiter):
        text, help = f"delimiter is {delimiter!r}", "one to four characters, but no quotes"
        yield _problem(target, project.root, "SK1108", text, "delimiter", delimiter, help)
    known = _PARQUET if format == "parquet" else _TEXT
    given = options.compression
    if given is not None and format != "xlsx" and given.lower() not in known:
        text = f"{format} has no compression {given!r}"
        help = did_you_mean(given, known) or f"compressions: {', '.join(known)}"
        yield _problem(target, project.root, "SK1108", text, "compression", given, help)
    for name in ("dateformat", "timestampformat"):
        written = getattr(options, name)
        if written and format == "csv" and not _is_format(written):
            text = f"{name} is {written!r}"
            yield _problem(target, project.root, "SK1108", text, name, written, FORMATS)
    for name in options.sheets:
        if format == "xlsx" and name not in project.nodes:
            text = f"sheets names {name!r}, which is no node"
            help = did_you_mean(name, project.nodes) or "sheets: [transform.name, source.name]"
            yield _problem(target, project.root, "SK1108", text, "sheets", name, help)


@cache
def _is_format(written: str) -> bool:
    import duckdb

    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        return is_format(written, connection)


def below_files(owners: Mapping[Path, Target], root: Path) -> Iterator[Problem]:
    """A problem for each file that would lie in a folder that is another target's file."""
    for path, target in owners.items():
        found = next((owners[folder] for folder in path.parents if folder in owners), None)
        if found is not None:
            text = f"{target.label} lies below {found.label}, which {found.node} writes as a file"
            help = "give it a path in another folder"
            yield _problem(target, root, "SK1107", text, "path", target.label, help)


def _problem(
    target: Target,
    root: Path,
    code: str,
    message: str,
    key: str,
    word: str,
    help: str,
    *,
    warns: bool = False,
) -> Problem:
    place = target.location
    return Problem(
        code=code,
        message=message,
        location=place and find_word(root, place, word or key, *([key] if word else [])),
        help=help,
        node=target.node,
        severity="warn" if warns else "error",
    )
