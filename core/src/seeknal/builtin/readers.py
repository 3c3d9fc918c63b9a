"""DuckDB's readers of files: their arguments, and the columns that they find."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, fields, frozen

from seeknal.builtin.paths import paths_of
from seeknal.plugin import NodeError, Origin, pattern_of, quote_literal

if TYPE_CHECKING:
    from seeknal.plugin import Context, Source

_OURS = frozenset(("path", "headers", "records", "reject_file"))
"""Options that are not arguments of a reader."""
FILE = "seeknal file"
"""The column that says which file a row is from."""
_WILD = frozenset("*?[")
_NAMES = {"delimiter": "delim"}
"""Arguments that not every version of DuckDB calls as we do."""
_NO_PARQUET = "No magic bytes found"


@frozen(kw_only=True)
class Reading:
    """A call of one of DuckDB's readers, not made yet."""

    function: str
    files: tuple[str, ...]
    arguments: Mapping[str, object]
    names: Mapping[str, str] = field(factory=dict)
    """What people know its files as, for a source whose rows say which they are from."""

    @property
    def tells_files(self) -> bool:
        """Whether each row says which of several files it is from."""
        return len(self.names) > 1

    def origin(self, opened: Mapping[str, str] | None = None) -> Origin | None:
        """Where the rows are from. ``opened``: what each file was opened as, if not as itself."""
        if not self.names:
            return None
        if not self.tells_files:
            return Origin(names=self.names)
        names = {(opened or {}).get(file, file): name for file, name in self.names.items()}
        return Origin(names=names, column=FILE)

    @property
    def sql(self) -> str:
        """What stands after FROM."""
        return self._call(f"[{', '.join(quote_literal(file) for file in self.files)}]")

    @property
    def one_file_sql(self) -> str:
        """The same for a function that takes only one file."""
        return self._call(quote_literal(self.files[0]))

    def _call(self, files: str) -> str:
        given = (
            f"{name} = {_literal(value)}"
            for name, value in self.arguments.items()
            if value is not None
        )
        return f"{self.function}({', '.join([files, *given])})"

    def with_arguments(self, **more: object) -> Reading:
        return evolve(self, arguments={**self.arguments, **more})


def reading(function: str, files: Sequence[str], source: Source, context: Context) -> Reading:
    """The call that the source's options describe.

    Several files match by column name. Folders such as ``day=1`` are columns where the source's
    own path shows them or they lie below it, not because a folder above has such a name.
    """
    options: Any = source.options
    given = {
        _NAMES.get(attribute.name, attribute.name): getattr(options, attribute.name)
        for attribute in fields(type(options))
        if attribute.name not in _OURS
    }
    if given.get("union_by_name") is None and len(files) > 1:
        given["union_by_name"] = True
    if given.get("hive_partitioning") is None:
        paths = [pattern_of(path) for path in paths_of(source)]
        shown = any("=" in path for path in paths)
        given["hive_partitioning"] = shown or _in_folders(files, paths, context)
    return Reading(function=function, files=tuple(files), arguments=given)


def _in_folders(files: Sequence[str], paths: Sequence[str], context: Context) -> bool:
    """Whether folders such as ``day=1``, the same for all files, lie below what is fixed of the
    paths."""
    bases = [base for path in paths if "://" not in path and (base := _fixed(path, context))]
    found = {tuple(_folders(Path(file), bases)) for file in files}
    if len(found) > 1:
        names = sorted({name for folders in found for name in folders})
        context.log.warning(
            "folders such as %s are no columns, as not all files lie in such folders",
            f"{names[0]}=",
        )
    return len(found) == 1 and found != {()}


def _fixed(path: str, context: Context) -> Path | None:
    """The folder below which a pattern looks."""
    parts = Path(path).parts
    fixed = [*takewhile(lambda part: not _WILD & set(part), parts)]
    if len(fixed) == len(parts):
        return None
    base = context.resolve(str(Path(*fixed)))
    # DuckDB would take the folders above for columns, too.
    return None if "=" in base.as_posix() else base


def _folders(file: Path, bases: Sequence[Path]) -> Iterator[str]:
    below = next((file.relative_to(base) for base in bases if file.is_relative_to(base)), Path())
    for part in below.parts[:-1]:
        if "=" in part:
            yield part.partition("=")[0]


def columns_of(reading: Reading, source: Source, context: Context) -> dict[str, str]:
    """Names and types of the columns that DuckDB finds.

    Raises NodeError, in DuckDB's words, for a file that is not what it should be.
    """
    return {name: str(type) for name, type in types_of(reading, source, context).items()}


def types_of(reading: Reading, source: Source, context: Context) -> dict[str, Any]:
    """The same, the types as DuckDB's own values."""
    import duckdb

    try:
        found = context.duckdb.sql(f"SELECT * FROM {reading.sql}")
        return dict(zip(found.columns, found.types, strict=True))
    except (duckdb.InvalidInputException, duckdb.BinderException) as error:
        raise unreadable(error, reading, source, context) from error
    except duckdb.Error as error:
        if not any("://" in file for file in reading.files):
            raise
        raise NodeError(
            f"{error}",
            code="SK0743",
            help="object stores need DuckDB's httpfs extension and its credentials",
        ) from error


def unreadable(
    error: Exception, reading: Reading, source: Source, context: Context, help: str | None = None
) -> NodeError:
    """DuckDB's complaint about a file, as the source's."""
    text = str(error).partition("\n\n  file =")[0].partition("\nThe search space used was")[0]
    text = text.partition("Error: ")[2] or text
    text = _on_a_screen(text.partition("\n\nLINE 1:")[0])
    if _NO_PARQUET in text:
        file = next((file for file in reading.files if Path(file).name in text), reading.files[0])
        message = f"{shown_name(file, context)} is no Parquet file"
        return NodeError(message, code="SK0742", help=help)
    names = [name for file in reading.files if (name := Path(file).name) in text]
    shown = "" if names else f"{shown_name(reading.files[0], context)}: "
    return NodeError(f"{shown}{text.strip()}", code="SK0742", help=help or _advice(text))


def shown_name(file: str, context: Context) -> str:
    """A file as people know it: relative to the project."""
    path, root = Path(file), context.project_root.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _on_a_screen(text: str) -> str:
    """A complaint without DuckDB's advice, and without most of a line that is very long."""
    lines = re.split(r"\nPossible [Ss]olution|\nPossible fixes", text)[0].splitlines()
    return "\n".join(line if len(line) <= 200 else f"{line[:197]}..." for line in lines[:12])


def _advice(text: str) -> str | None:
    if "Maximum line size" in text:
        return "params: {maximum_line_size: ...} says how many bytes a line may have"
    if "not utf-8" in text or "unicode" in text:
        return "params: {encoding: latin-1} or {encoding: utf-16}"
    if "encoding" in text and "not support" in text:
        return "save the file as UTF-8, or take one of those encodings"
    return None


def _literal(value: object) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, Mapping):
        pairs = (f"{quote_literal(str(key))}: {_literal(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_literal(item) for item in value)}]"
    return quote_literal(str(value))
