"""Generated workbooks, each cell compared with what the XML of the sheet says.

The workbooks are written here as XML, because no library writes everything that others may have
written: numbers with many digits, formulas without results, days that never were.
"""

import datetime as dt
import random
import re
import zipfile
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest

from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]

SEEDS = range(25)
ALL_SEEDS = range(25, 500)
REFUSED = {"SK0786", "SK0787", "SK0535"}
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
GENERAL, DAY, MOMENT, CLOCK, LONG, PERCENT = range(6)
STYLES = (0, 14, 22, 20, 46, 9)
"""The number formats of the styles: general, a date, a moment, a time, a duration, a percentage."""


class Cell:
    """A cell as XML, and what it says: a value, or why it has none."""

    def __init__(self, xml, said, fault=None):
        self.xml = xml
        self.said = said
        self.fault = fault


def number(text, style=GENERAL, said=None):
    return Cell(f'<c s="{style}"><v>{text}</v></c>', Decimal(text) if said is None else said)


def days(draw, style):
    """A day number, by the rules that Excel has for them."""
    serial = draw.choice([1, 59, 61, 366, 25569, 45292, 2958465])
    start = dt.datetime(1899, 12, 31) if serial < 60 else dt.datetime(1899, 12, 30)
    return number(serial, style, start + dt.timedelta(days=serial))


def moments(draw):
    whole = draw.choice([61, 45292])
    millis = draw.choice([0, 1, 36_000_000, 43_200_500, 86_399_999])
    moment = dt.datetime(1899, 12, 30) + dt.timedelta(days=whole, milliseconds=millis)
    return number(repr(whole + millis / 86_400_000), MOMENT, moment)


def clocks(draw):
    seconds = draw.choice([0, 1, 36_000, 86_399])
    moment = (dt.datetime(2000, 1, 1) + dt.timedelta(seconds=seconds)).time()
    return number(repr(seconds / 86_400), CLOCK, moment)


def durations(draw):
    hours = draw.choice([1, 25, 100])
    return number(repr(hours / 24), LONG, dt.timedelta(hours=hours))


def texts(draw):
    said = draw.choice(["a", "0042", " x ", "=1+1", "1.5", "TRUE", "é", "a\nb", "#N/A", "x\ry"])
    inside = escape(said.replace("\r", "_x000D_"))
    how = draw.choice(["inline", "rich", "formula"])
    if how == "inline":
        return Cell(f'<c t="inlineStr"><is><t xml:space="preserve">{inside}</t></is></c>', said)
    if how == "rich":
        runs = f'<r><t xml:space="preserve">{inside}</t></r><r><rPr><b/></rPr><t>!</t></r>'
        return Cell(f'<c t="inlineStr"><is>{runs}</is></c>', said + "!")
    return Cell(f'<c t="str"><f>A1</f><v xml:space="preserve">{inside}</v></c>', said)


def wholes(draw):
    return number(draw.choice(["0", "1", "-7", "42", "999999999999999"]))


def reals(draw):
    texts = ["1.5", "0.1", "-3.75", "0.30000000000000004", "1E3", "1.2345678901234567E-7", "2.0"]
    return number(draw.choice(texts), draw.choice([GENERAL, PERCENT]))


def flags(draw):
    value = draw.choice([True, False])
    return Cell(f'<c t="b"><v>{int(value)}</v></c>', value)


def formulas(draw):
    return Cell("<c><f>1+1</f><v>2</v></c>", Decimal(2))


def empties(draw):
    return Cell("<c/>", None)


def long_wholes(draw):
    return number(draw.choice(["9007199254740993", "1234567890123456789"]))


def long_reals(draw):
    return number(draw.choice(["1234567890123456789.12", "0.1234567890123456789"]))


def uncalculated(draw):
    return Cell("<c><f>SUM(A1:A2)</f></c>", None, "no result")


def faults(draw):
    return Cell('<c t="e"><v>#N/A</v></c>', None, "error")


def no_days(draw):
    return Cell(f'<c s="{DAY}"><v>60</v></c>', None, "error")


KINDS = (
    *(wholes, reals, texts, flags, clocks, durations, moments, formulas),
    *(lambda draw: days(draw, DAY), lambda draw: days(draw, MOMENT)),
)
LATE = (long_wholes, long_reals, uncalculated, faults, no_days, empties)


def sheet(draw):
    """Rows of cells: a few of one kind for each column, now and then one that is odd."""
    columns = [draw.choice(KINDS) for _ in range(draw.randint(1, 4))]
    rows = [[kind(draw) for kind in columns] for _ in range(draw.randint(1, 30))]
    for _ in range(draw.randint(0, 2)):
        row = draw.choice(rows)
        place = draw.randrange(len(columns))
        row[place] = draw.choice((*LATE, *LATE, *KINDS))(draw)
    return [*rows, [kind(draw) for kind in columns]]


def written(files, path, rows, draw):
    """The rows below a header, as a workbook, with blank rows in between now and then."""
    lines, at = [], 1
    names = [f"c{n}" for n in range(len(rows[0]))]
    header = [Cell(f'<c t="inlineStr"><is><t>{name}</t></is></c>', name) for name in names]
    for row in [header, *rows]:
        placed = "".join(
            cell.xml.replace("<c", f'<c r="{chr(65 + n)}{at}"', 1) for n, cell in enumerate(row)
        )
        lines.append(f'<row r="{at}">{placed}</row>')
        at += draw.choice([1, 1, 1, 3])
    styles = "".join(f'<xf numFmtId="{format}" applyNumberFormat="1"/>' for format in STYLES)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(
            f'<Override PartName="/xl/{name}.xml" ContentType='
            f'"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
            for name, kind in (
                ("workbook", "sheet.main"),
                ("worksheets/sheet1", "worksheet"),
                ("styles", "styles"),
            )
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1"'
        f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Sales" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts><font/></fonts><fills><fill>'
        '<patternFill patternType="none"/></fill></fills>'
        f"<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs>{styles}</cellXfs>"
        "</styleSheet>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>'
        f"{''.join(lines)}</sheetData></worksheet>",
    }
    with zipfile.ZipFile(files.root / path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


def same(said, got):
    if said is None or got is None:
        return said is None and got is None
    if isinstance(said, Decimal):
        if isinstance(got, float):
            ways = (Decimal(repr(got)), Decimal(f"{got:.17g}"))
            return said in ways
        return not isinstance(got, bool) and isinstance(got, int | Decimal) and said == got
    return type(said) is type(got) and said == got


def check(files, seed):
    draw = random.Random(seed)
    rows = sheet(draw)
    written(files, "a.xlsx", rows, draw)
    shuffled = draw.sample(rows, len(rows))
    written(files, "b.xlsx", shuffled, draw)

    outcome = read(files, "a.xlsx")

    assert kinds(outcome) == kinds(read(files, "b.xlsx"))
    if isinstance(outcome, NodeError):
        check_refused(outcome, rows)
        return
    said = [row for row in rows if any(cell.said is not None or cell.fault for cell in row)]
    types, found = outcome
    assert len(found) == len(said)
    for number_, (row, values) in enumerate(zip(said, found, strict=True), 1):
        for n, (cell, value) in enumerate(zip(row, values, strict=True)):
            assert same(cell.said, value), (seed, number_, n, cell.xml, value, types)
    assert any("error" in note for note in files.warnings) == any(
        cell.fault == "error" for row in rows for cell in row
    )


def read(files, path):
    try:
        relation = files.relation(files.source("excel", path))
    except NodeError as error:
        return error
    return list(map(str, relation.types)), relation.fetchall()


def kinds(outcome):
    """What must not depend on the order of the rows: the types, or that it is refused."""
    return "refused" if isinstance(outcome, NodeError) else outcome[0]


def check_refused(error, rows):
    assert error.code in REFUSED, error.message
    assert "Sales" in error.message
    assert re.search(r"[A-D]\d+|row \d+", error.message)
    if error.code == "SK0787":
        assert any(cell.fault == "no result" for row in rows for cell in row)
    if error.code == "SK0786":
        assert any(
            isinstance(cell.said, Decimal) and len(cell.said.as_tuple().digits) > 15
            for row in rows
            for cell in row
        )
    if error.code == "SK0535":
        columns = zip(*rows, strict=True)
        assert any(
            len({type(cell.said) for cell in column} - {type(None)}) > 1 for column in columns
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_each_cell_arrives_as_it_is_stored(files, seed):
    check(files, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", ALL_SEEDS)
def test_each_cell_of_any_workbook_arrives_as_it_is_stored(files, seed):
    check(files, seed)
