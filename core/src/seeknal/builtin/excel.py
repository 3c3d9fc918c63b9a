"""Sources that are sheets of an Excel workbook, read row by row."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from seeknal.builtin.paths import local_files, paths_of
from seeknal.plugin import (
    NodeError,
    SourceType,
    did_you_mean,
    files_version,
    hookimpl,
    option,
)

if TYPE_CHECKING:
    from seeknal.plugin import (
        Rows,
        Source,
        SourceContext,
    )


@frozen(kw_only=True)
class ExcelOptions:
    """``params:`` of an excel source."""

    path: str | None = option(None, role="path", summary="instead of table:")
    sheet: str | int | None = option(
        None, aliases=("sheet_name",), summary="its name or number from 0; the first by default"
    )
    range: str | None = option(None, summary="cells such as A2:F100, or columns such as B:F")
    header: bool = option(
        True, summary="the first row names the columns; else column0, column1, ..."
    )
    skip: int = option(0, summary="rows to leave out at the top")
    uncalculated: Literal["error", "null"] = option(
        "error", summary='"null", in quotes: a formula whose result is not stored is NULL'
    )


@hookimpl
def source_types() -> list[SourceType]:
    return [
        SourceType(
            name="excel",
            options=ExcelOptions,
            summary="a sheet of a workbook",
            reads_files=True,
            aliases=("xlsx",),
            table="data/FILE.xlsx",
        )
    ]


@hookimpl
def source_version(source: Source, context: SourceContext) -> object | None:
    if not isinstance(source.options, ExcelOptions):
        return None
    file = _file(source, context)
    return files_version([file], context.known_version, root=context.project_root)


@hookimpl
def load_source(source: Source, context: SourceContext) -> Rows | None:
    if not isinstance(source.options, ExcelOptions):
        return None
    from xml.etree.ElementTree import ParseError

    from seeknal.builtin.sheetrows import SheetReader

    if source.options.skip < 0:
        raise NodeError(
            f"params: skip is {source.options.skip}",
            code="SK0742",
            help="how many rows to leave out at the top: 0 or more",
        )
    path = _file(source, context)
    with closing(_open(path)) as workbook:
        sheet = _sheet(workbook, source.options)
        reader = SheetReader(sheet, source.options, source, context)
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
