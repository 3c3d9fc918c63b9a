"""Sources that are sheets of an Excel workbook, read row by row."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from seeknal.builtin.paths import local_files, paths_of
from seeknal.plugin import (
    NodeError,
    SourceType,
    did_you_mean,
    files_version,
    hookimpl,
)

if TYPE_CHECKING:
    from seeknal.builtin.options.excel import ExcelOptions
    from seeknal.plugin import (
        Rows,
        Source,
        SourceContext,
    )


_NAMES = ("excel", "xlsx")


@hookimpl
def source_types() -> list[SourceType]:
    return [
        SourceType(
            name="excel",
            options="seeknal.builtin.options.excel:ExcelOptions",
            summary="a sheet of a workbook",
            reads_files=True,
            aliases=("xlsx",),
            table="data/FILE.xlsx",
        )
    ]


@hookimpl
def source_version(source: Source, context: SourceContext) -> object | None:
    if source.type not in _NAMES:
        return None
    file = _file(source, context)
    return files_version([file], context.known_version, root=context.project_root)


@hookimpl
def load_source(source: Source, context: SourceContext) -> Rows | None:
    if source.type not in _NAMES:
        return None
    from xml.etree.ElementTree import ParseError

    from seeknal.builtin.sheetrows import SheetReader

    options = cast("ExcelOptions", source.options)
    if options.skip < 0:
        raise NodeError(
            f"params: skip is {options.skip}",
            code="SK0742",
            help="how many rows to leave out at the top: 0 or more",
        )
    path = _file(source, context)
    with closing(_open(path)) as workbook:
        sheet = _sheet(workbook, options)
        reader = SheetReader(sheet, options, source, context)
        try:
            return reader.rows()
        except (ParseError, ValueError, IndexError, KeyError) as error:
            raise _unreadable(path, error) from error
        finally:
            reader.close()


def _file(source: Source, context: SourceContext) -> Path:
    found = [file for path in paths_of(source) for file in local_files(path, source, context)]
    if len(found) > 1:
        raise NodeError(
            f"it names {len(found)} workbooks; an excel source reads one",
            code="SK0746",
            help="make a source of each, and a transform that puts them together",
        )
    return found[0]


def _open(path: Path) -> Any:
    import warnings
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    # It speaks of fonts and extensions that it does not keep; no value depends on them.
    warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
    try:
        return load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> NodeError:
    return NodeError(
        f"{path.name} is no workbook: {error}",
        code="SK0727",
        help="save it as .xlsx, without a password",
    )


def _sheet(workbook: Any, options: ExcelOptions) -> Any:
    wanted, sheets = options.sheet, workbook.worksheets
    names = [sheet.title for sheet in sheets]
    if wanted is None and sheets:
        return sheets[0]
    if isinstance(wanted, int) and 0 <= wanted < len(sheets):
        return sheets[wanted]
    if wanted in names:
        return sheets[names.index(wanted)]
    help = did_you_mean(str(wanted), names) or f"sheets: {', '.join(names)}"
    raise NodeError(f"the workbook has no sheet {wanted!r}", code="SK0728", help=help)
