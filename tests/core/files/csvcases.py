"""Random CSV files, and what they say by Python's own csv module.

`made` gives a case of a seed; running this file with a seed prints the case.
"""

import csv
import io
import random
import re
import sys
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache

from attrs import frozen

SAMPLE = 20_480
"""Rows after which DuckDB no longer looks before it decides."""

VALUES = {
    "whole": ["7", "0", "-12", "123456", "9007199254740993", "999999999999999999"],
    "huge": ["12345678901234567890", "-99999999999999999999", "123456789012345678901234567890"],
    "fraction": ["3.75", "-0.5", "1.50", "100.0", ".5", "5.", "0.1", "1e3", "2.5E-3"],
    "long fraction": [
        "0.1234567890123456789",
        "1234567890.123456789012",
        "0.30000000000000004",
        "9007199254740993.5",
        "0.10000000000000001",
    ],
    "far": ["1e400", "1e-400", "nan", "inf", "-inf", "3e-324"],
    "padded": ["0042", "007", "00.5", "+5", "1_000", "0x1F", "1,5", "-0"],
    "day": ["2024-01-01", "1999-12-31", "0024-01-02"],
    "odd day": ["24-01-02", "2024-02-30", "01/02/2024", "13/02/2024", "02/13/2024", "31.12.2024"],
    "moment": ["2024-01-01 10:30:00", "2024-06-30T23:59:59", "2024-01-01 10:30:00.123456"],
    "odd moment": ["2024-01-01 10:30:00.123456789", "2024-01-01 24:00:00", "2024-01-01 25:00:00"],
    "zoned": ["2024-01-01T10:30:00Z", "2024-01-01T10:30:00+02:00"],
    "clock": ["10:00:00", "23:59:59.5", "00:00"],
    "ratio": ["1:2", "3:0", "10:1", "16:9", "0:0", "1:2:3"],
    "short day": ["2024-1-5", "2024/1/5", "2024/01/05"],
    "odd clock": ["24:00:00", "10:00:00.1234567", "10:00:00+02", "12:30 PM"],
    "truth": ["true", "false", "TRUE", "False"],
    "odd truth": ["1", "t", "F", "yes", "NO"],
    "word": ["abc", "Zo\u00eb", "NULL", "null", "N/A", "#tag", "a#b", "-", "epoch", "infinity"],
    "quoted": ["it's", "'x'", 'say "hi"', "a\\b", "two\nlines", "a,b;c", " x ", "\\N"],
    "spaced": [" 5", "6 ", " true"],
    "nothing": [""],
}
KINDS = list(VALUES)


@frozen(kw_only=True)
class Case:
    """A source's files, how they are to be read, and what is in them.

    ``rows`` None: what is wrong is to be said, with the line where ``line`` has one.
    ``tidy``: nothing about it may be refused.
    """

    seed: int
    files: dict
    table: str
    options: dict
    names: list | None
    rows: list | None
    tidy: bool
    line: int | None = None


def made(seed):
    """The case of a seed."""
    rng = random.Random(seed)
    shape = rng.choices(
        ["plain", "late", "title", "comment", "mixed", "one", "ragged", "hive", "several", "head"],
        [4, 5, 1, 1, 2, 1, 1, 1, 1, 1],
    )[0]
    return _SHAPES[shape](seed, rng)


def _cells(rng, kind, count):
    return [rng.choice(VALUES[kind]) for _ in range(count)]


def _column(rng, late, count):
    """Values of one kind, at times with empty ones, and of another one after them."""
    first = rng.choice(KINDS)
    pool = rng.sample(VALUES[first], rng.randint(1, len(VALUES[first])))
    if rng.random() < 0.2:
        pool = [*pool, ""]
    values = [rng.choice(pool) for _ in range(count)]
    if late and rng.random() < 0.8:
        other = rng.choice(KINDS)
        values += _cells(rng, other, rng.randint(1, 3))
    else:
        values += [rng.choice(pool) for _ in range(2)]
    return values


def _table(rng, late=False, width=None):
    width = width or rng.randint(2, 5)
    count = SAMPLE + rng.randint(60, 300) if late else rng.randint(1, 30)
    columns = [_column(rng, late, count) for _ in range(width)]
    rows = [list(row) for row in zip(*columns, strict=False)]
    # A first column of its own: no row is empty, and a header is told from the rows.
    return [[str(n), *row] for n, row in enumerate(rows)]


def _names(width):
    return ["id", *(f"c{n}" for n in range(1, width))]


def _text(rng, rows, delimiter=",", end="\n", quoting=None):
    quoting = quoting or rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    # Python's writer puts quotes only around the line ends that it writes itself.
    quoting = csv.QUOTE_ALL if end == "\r" else quoting
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue()


def _read(text, delimiter):
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return [row for row in rows if row]


def _encoded(rng, text):
    encoding = rng.choice(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "latin-1", "utf-16-be"])
    options = {} if encoding.startswith("utf-8") else {"encoding": encoding.removesuffix("-be")}
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    return (mark + text).encode(encoding), options


def _case(seed, rng, content, options, delimiter, **more):
    rows = _read(content, delimiter)
    data, encoded = _encoded(rng, content)
    return Case(
        seed=seed,
        files={"data/a.csv": data},
        table="data/a.csv",
        options={**options, **encoded},
        **{"names": rows[0], "rows": rows[1:], "tidy": True, **more},
    )


def _plain(seed, rng, late=False):
    delimiter = rng.choice(",;\t|")
    rows = _table(rng, late)
    end = rng.choice(["\n", "\n", "\r\n", "\r"])
    text = _text(rng, [_names(len(rows[0])), *rows], delimiter, end)
    options = {"delimiter": delimiter} if rng.random() < 0.5 else {}
    return _case(seed, rng, text, options, delimiter)


def _late(seed, rng):
    return _plain(seed, rng, late=True)


def _title(seed, rng):
    rows = _table(rng)
    text = _text(rng, [_names(len(rows[0])), *rows])
    read = _read(text, ",")
    title = rng.choice(["Sales of 2024\n", "Sales\n\n", "# made by x\n"])
    return _case(seed, rng, title + text, {}, ",", names=read[0], rows=read[1:])


def _comment(seed, rng):
    """Lines that a word of the options leaves out."""
    rows = [row for row in _table(rng) if not any("\n" in cell for cell in row)] or [["0", "x"]]
    lines = _text(rng, [_names(len(rows[0])), *rows]).splitlines(keepends=True)
    read = _read("".join(lines), ",")
    read = [[cell.split("#")[0] if "#" in cell else cell for cell in row] for row in read]
    keep = all("#" not in line for line in lines)
    lines.insert(rng.randint(1, len(lines)), "# a remark\n")
    if not keep:
        return _plain(seed, rng)
    text = "".join(lines)
    return _case(seed, rng, text, {"comment": "#"}, ",", names=read[0], rows=read[1:])


def _mixed(seed, rng):
    late = rng.random() < 0.4
    rows = _table(rng, late)
    rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    parts = _text(rng, [_names(len(rows[0])), *rows]).split("\n")
    if late:
        ends = ["\n"] * (len(parts) - 3) + ["\r\n", "\r"]
    else:
        ends = [rng.choice(["\n", "\r\n", "\r"]) for _ in parts[1:]]
    text = "".join(part + end for part, end in zip(parts, [*ends, ""], strict=True))
    return _case(seed, rng, text, {}, ",")


def _one(seed, rng):
    """One column of names, some of them with a comma."""
    plain = [f"name {n}" for n in range(rng.randint(3, 60))]
    others = [f"name, {n}" for n in range(rng.randint(0, 8))]
    rows = [*plain, *others] if rng.random() < 0.7 else [*others, *plain]
    text = "name\n" + "".join(f"{row}\n" for row in rows)
    return _case(
        seed, rng, text, {}, ",", names=["name"], rows=[[row] for row in rows], tidy=not others
    )


def _ragged(seed, rng):
    rows = _table(rng, late=rng.random() < 0.3)
    rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    at = rng.randrange(len(rows))
    rows[at] = rows[at][:-1] if rng.random() < 0.5 else [*rows[at], "more"]
    text = _text(rng, [_names(len(rows[0]) if at else len(rows[-1])), *rows])
    if len(rows) < 3:
        return _plain(seed, rng)
    return _case(seed, rng, text, {}, ",", names=None, rows=None, line=at + 2)


def _hive(seed, rng):
    kind = rng.choice(["whole", "padded", "day", "word", "truth"])
    # DuckDB 1 takes a folder that is called NULL for no value.
    pool = [value for value in VALUES[kind] if not re.search(r"[/#,:]|(?i:^null$)", value)]
    values = rng.sample(pool, min(len(pool), rng.randint(1, 3)))
    files, rows = {}, []
    for value in sorted(set(values)):
        table = _table(rng)
        table = [row[:2] for row in table]
        files[f"data/m={value}/a.csv"] = _text(rng, [["id", "c1"], *table]).encode()
    for path in sorted(files):
        value = path.split("=", 1)[1].split("/")[0]
        rows += [[*row, value] for row in _read(files[path].decode(), ",")[1:]]
    return Case(
        seed=seed,
        files=files,
        table="data/m=*/a.csv",
        options={},
        names=["id", "c1", "m"],
        rows=rows,
        tidy=True,
    )


def _several(seed, rng):
    """Files of other columns, in another order, with another delimiter."""
    files, rows, known = {}, [], ["id"]
    for number in range(rng.randint(2, 3)):
        late = number == 0 and rng.random() < 0.2
        table = _table(rng, late=late, width=rng.randint(1, 3))
        names = ["id", *rng.sample(["a", "b", "c", "d"], len(table[0]) - 1)]
        text = _text(rng, [names, *table], rng.choice(",;"))
        delimiter = ";" if re.match(r'"?id"?;', text) else ","
        files[f"data/{number}.csv"] = text.encode()
        known += [name for name in names if name not in known]
        rows += [dict(zip(names, row, strict=True)) for row in _read(text, delimiter)[1:]]
    return Case(
        seed=seed,
        files=files,
        table="data/*.csv",
        options={},
        names=known,
        rows=[[row.get(name, "") for name in known] for row in rows],
        tidy=True,
    )


def _head(seed, rng):
    """A head with names that repeat or are missing, or no head at all."""
    rows = _table(rng)
    names = _names(len(rows[0]))
    if rng.random() < 0.5:
        names[-1] = rng.choice(["", "id", "ID"])
        text = _text(rng, [names, *rows])
        read = _read(text, ",")
        return _case(seed, rng, text, {"header": True}, ",", names=None, rows=read[1:])
    text = _text(rng, rows)
    return _case(seed, rng, text, {"header": False}, ",", names=None, rows=_read(text, ","))


_SHAPES = {
    "plain": _plain,
    "late": _late,
    "title": _title,
    "comment": _comment,
    "mixed": _mixed,
    "one": _one,
    "ragged": _ragged,
    "hive": _hive,
    "several": _several,
    "head": _head,
}


def says(text, value):
    """Whether ``value`` is what ``text`` says, by rules that know nothing of the reader's."""
    return _says(text, type(value), value)


@cache
def _says(text, type, value):
    if value is None:
        return text == ""
    try:
        return _SAYS[type](text, value)
    except (ValueError, InvalidOperation):
        return False


def _is_numeral(text):
    return re.fullmatch(r"\s*-?(0|[1-9]\d*|(0|[1-9]\d*)?\.\d*)([eE][-+]?\d+)?\s*", text)


def _digits(text):
    return re.split("[eE]", text.strip())[0].replace(".", "").strip("-").strip("0")


def _float(text, value):
    if value != value or value in (float("inf"), float("-inf")):
        return text.strip("-").isalpha() and repr(float(text)) == repr(value)
    if not _is_numeral(text) or float(text) != value:
        return False
    written = {_digits(repr(value)), *(_digits(f"{value:.{n}e}") for n in range(15, 19))}
    return _digits(text) in written


def _date(text, value):
    forms = ("%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y")
    return text in [value.isoformat(), *(value.strftime(form) for form in forms)]


def _moment(text, value):
    if len(text.partition(".")[2]) > 6:
        return False
    said = datetime.fromisoformat(text.replace("Z", "+00:00").replace("/", "-"))
    return (said.tzinfo is None) == (value.tzinfo is None) and said == value


_SAYS = {
    str: lambda text, value: text == value,
    bool: lambda text, value: text.lower() == str(value).lower(),
    int: lambda text, value: bool(_is_numeral(text)) and Decimal(text.strip()) == value,
    float: _float,
    Decimal: lambda text, value: bool(_is_numeral(text)) and Decimal(text.strip()) == value,
    date: _date,
    datetime: _moment,
    time: lambda text, value: (
        len(text.partition(".")[2]) <= 6
        and time.fromisoformat(text if "." not in text else text.ljust(15, "0")) == value
    ),
}


if __name__ == "__main__":
    found = made(int(sys.argv[1]))
    for name, data in found.files.items():
        print(name, len(data), data[:300], "...", data[-300:])
    print(found.options, found.names, found.line, found.tidy, found.rows and found.rows[-5:])
