"""Generated JSON files, each value compared with what Python's own json reads.

What arrives is what the file says, or the file is refused by name. The same records in another
order have the same types.
"""

import datetime as dt
import gzip
import json
import random
import re
import uuid
from decimal import Decimal

import pytest

from seeknal.builtin import jsonprobe
from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]

SEEDS = (*range(8), *range(9, 20))
"""8 is left out: its objects have 210 keys, as those of 3 have."""
ALL_SEEDS = (8, *range(20, 1000))
FIRST = 2_100
"""Records of one kind at the top: more than DuckDB looks at when it guesses from a few."""


def kept(exact, number):
    """Whether a float is what a numeral says, in one of the ways to write a float."""
    texts = (repr(number), f"{number:.17g}")
    return exact in (*map(Decimal, texts), Decimal(number))


def same(said, got, type_):
    """Whether what arrived is what the file says."""
    if str(type_) == "JSON" and got is not None:
        return same(said, json.loads(got, parse_float=Decimal), "")
    if said is None or got is None:
        return said is None and got is None
    if isinstance(said, bool) or isinstance(got, bool):
        return said is got
    if isinstance(said, int | Decimal):
        if isinstance(got, float) or (isinstance(said, Decimal) and type_ == ""):
            return Decimal(said) == Decimal(got) or kept(Decimal(said), float(got))
        return isinstance(got, int | Decimal) and Decimal(said) == Decimal(got)
    if isinstance(said, str):
        return same_text(said, got)
    if isinstance(said, list):
        return (
            isinstance(got, list)
            and len(said) == len(got)
            and all(same(a, b, item_type(type_)) for a, b in zip(said, got, strict=True))
        )
    return isinstance(got, dict) and all(
        same(said.get(key), got.get(key), field_type(type_, key)) for key in {*said, *got}
    )


def same_text(said, got):
    if isinstance(got, str):
        return said == got
    if isinstance(got, uuid.UUID):
        return said == str(got)
    if isinstance(got, dt.time):
        return said == (str(got).rstrip("0") if got.microsecond else str(got))
    if isinstance(got, dt.datetime):
        zone = "Z" if got.tzinfo else ""
        plain = got.astimezone(dt.UTC).replace(tzinfo=None) if got.tzinfo else got
        places = len(said.removesuffix("Z").partition(".")[2])
        text = plain.isoformat(sep=said[10], timespec="microseconds")
        return said == (text[:-6] + text[-6:][:places] if places else text[:-7]) + zone
    return isinstance(got, dt.date) and said == got.isoformat()


def item_type(type_):
    return type_.children[0][1] if getattr(type_, "id", "") == "list" else type_


def field_type(type_, key):
    if getattr(type_, "id", "") == "struct":
        return dict(type_.children).get(key, "")
    return type_.children[1][1] if getattr(type_, "id", "") == "map" else type_


def whole(draw):
    return draw.choice([0, 1, -7, 42, 2**31, 10**12])


def long_whole(draw):
    return draw.choice([2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1, 10**25, 10**37, 10**45])


def real(draw):
    return Raw(draw.choice(["1.5", "0.1", "-3.75", "2.0", "1e3", "1.25E-7", "0.30000000000000004"]))


def long_real(draw):
    texts = ["0.10000000000000001", "1234567890123456789.12", "1.00000000000000000001", "1e400"]
    return Raw(draw.choice(texts))


def text(draw):
    return draw.choice(["a", "", "0042", "1.5", "true", "null", 'q"\\\n', "é", "NaN", "\u2028"])


def date(draw):
    return draw.choice(["2024-01-01", "1999-12-31", "0001-01-01", "9999-12-31"])


def odd_date(draw):
    return draw.choice(["25-11-2025", "2024-1-1", "2024-02-30", "01/02/2024", "infinity", ""])


def stamp(draw):
    return draw.choice(["2024-01-01T10:00:00", "2024-01-01T23:59:59", "1960-05-05T00:00:00"])


def odd_stamp(draw):
    return draw.choice(
        [
            *("2024-01-01 10:00:00", "2024-01-01T10:00:00.5", "2024-01-01T10:00:00.1234567"),
            *("2024-01-01T10:00:00+02:00", "2024-01-01T24:00:00", "2024-01-01"),
        ]
    )


def zoned(draw):
    return draw.choice(["2024-01-01T10:00:00.120Z", "2024-06-01T10:00:00.000Z"])


def identifier(draw):
    return draw.choice([str(uuid.UUID(int=n)) for n in (1, 2**100)])


def odd_identifier(draw):
    return "BBD05AE7-0000-4000-8000-ABCDEF012345"


def clock(draw):
    return draw.choice(["10:00:00", "23:59:59", "12:30", "10:00:00.5"])


def flag(draw):
    return draw.choice([True, False])


def nothing(draw):
    return None


def empty(draw):
    return draw.choice([[], {}])


PLAIN = (whole, real, text, date, stamp, zoned, identifier, clock, flag, nothing)
LATE = (long_whole, long_real, odd_date, odd_stamp, odd_identifier, empty, *PLAIN)


class Raw:
    """A number as it is to stand in the file."""

    def __init__(self, text):
        self.text = text


def of_kind(draw, kinds, depth):
    """A function that draws values, nested ones too."""
    roll = draw.random()
    if depth and roll < 0.2:
        inner = [of_kind(draw, kinds, depth - 1) for _ in range(draw.randint(1, 2))]
        return lambda d: {f"f{n}": make(d) for n, make in enumerate(inner)}
    if depth and roll < 0.35:
        item = of_kind(draw, kinds, depth - 1)
        return lambda d: [item(d) for _ in range(d.randint(0, 3))]
    if depth and roll < 0.38:
        item = of_kind(draw, kinds, 0)
        return lambda d: {f"key{n:03}": item(d) for n in range(210)}
    return draw.choice(kinds)


def records(draw):
    """Many records of one kind, then a few of others."""
    makers = {f"c{n}": of_kind(draw, PLAIN, 2) for n in range(draw.randint(1, 4))}
    late = {name: of_kind(draw, LATE, 1) for name in makers if draw.random() < 0.6}
    late |= {"late": of_kind(draw, LATE, 1)} if draw.random() < 0.3 else {}
    few = [{name: make(draw) for name, make in makers.items()} for _ in range(5)]
    first = [few[n % 5] for n in range(FIRST)]
    return first + [
        {**few[0], **{name: make(draw) for name, make in late.items() if draw.random() < 0.7}}
        for _ in range(draw.randint(0, 4))
    ]


def written(value):
    """JSON as Python writes it, but for numbers that stand as they are meant to."""
    marks = []

    def default(raw):
        marks.append(raw.text)
        return f"@{len(marks) - 1}@"

    plain = json.dumps(value, default=default, ensure_ascii=False)
    return re.sub(r'"@(\d+)@"', lambda found: marks[int(found[1])], plain)


def laid_out(draw, lines):
    """The text of a file with these records."""
    how = draw.choice(["lines", "array", "pretty array", "side by side", "blank lines"])
    if how == "array":
        return "[" + ",".join(lines) + "]"
    if how == "pretty array":
        return "[\n  " + ",\n  ".join(lines) + "\n]\n"
    if how == "side by side":
        return " ".join(lines)
    between = "\n\n" if how == "blank lines" else draw.choice(["\n", "\r\n"])
    return between.join(lines) + between


def put(files, draw, lines, folder):
    """Write the records as one file or several; gives the pattern that names them."""
    parts = (
        [lines] if draw.random() < 0.7 or len(lines) <= FIRST else [lines[:FIRST], lines[FIRST:]]
    )
    hive = draw.random() < 0.2
    for number, part in enumerate(parts):
        content = laid_out(draw, part).encode()
        if draw.random() < 0.1:
            content = b"\xef\xbb\xbf" + content
        name = f"{folder}/part=0{number}/a.json" if hive else f"{folder}/{number}.json"
        if draw.random() < 0.1:
            files.write(f"{name}.gz", gzip.compress(content))
        else:
            files.write(name, content)
    return f"{folder}/part=*/a.json*" if hive else f"{folder}/*.json*"


def arrived(files, pattern):
    """Types by column and rows; the columns of folders left out."""
    relation = files.relation(files.source("json", pattern))
    types = dict(zip(relation.columns, relation.types, strict=True))
    rows = [dict(zip(types, row, strict=True)) for row in relation.fetchall()]
    types.pop("part", None)
    return types, rows


def check(files, monkeypatch, seed):
    draw = random.Random(seed)
    made = records(draw)
    few = {id(record): written(record) for record in made}
    lines = [few[id(record)] for record in made]
    parsed = {line: json.loads(line, parse_float=Decimal) for line in set(lines)}
    said = [parsed[line] for line in lines]
    pattern = put(files, draw, lines, "a")
    draw.shuffle(lines)
    other = put(files, draw, lines, "b")

    try:
        types, rows = arrived(files, pattern)
    except NodeError as error:
        refused = error
    else:
        refused = None
    if refused:
        check_refused(refused, lines)
        return
    monkeypatch.setattr(jsonprobe, "SMALL", 0)
    probed, _ = arrived(files, pattern)
    shuffled = types_of(files, other)

    assert len(rows) == len(said)
    for number, (record, row) in enumerate(zip(said, rows, strict=True)):
        if 5 <= number < FIRST:
            assert row == rows[number % 5]
            continue
        for name in {*record, *types}:
            if not same(record.get(name), row.get(name), types.get(name)):
                pytest.fail(
                    f"seed {seed}, record {number + 1}, {name}: the file says"
                    f" {record.get(name)!r}, {row.get(name)!r} arrived ({types.get(name)})"
                )
    assert {name: str(type) for name, type in probed.items()} == {
        name: str(type) for name, type in types.items()
    }
    assert shuffled is None or shapes(shuffled) == shapes(types)


def types_of(files, pattern):
    """Types by column; None where the way that the files are laid out is refused."""
    try:
        return arrived(files, pattern)[0]
    except NodeError as error:
        if error.code != "SK0784":
            raise
    return None


def check_refused(error, lines):
    if error.code == "SK0784":
        assert "behind a byte order mark" in error.message
        return
    assert error.code == "SK0782", (error.code, error.message, error.help)
    assert re.search(r"\.json.*, line [\d,]+, column 'c?\w+", error.message), error.message
    assert any(long in line for line in lines for long in ("0000000001", "1e400", "789.12"))


def shapes(types):
    """Types, whose fields may come in any order."""
    return {name: shape(type) for name, type in types.items()}


def shape(type_):
    if type_.id == "struct":
        return shapes(dict(type_.children))
    if type_.id in ("list", "map"):
        return [type_.id, *(shape(child) for _, child in type_.children)]
    return str(type_)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_arrives_is_what_the_file_says(files, monkeypatch, seed):
    check(files, monkeypatch, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", ALL_SEEDS)
def test_what_arrives_is_what_any_file_says(files, monkeypatch, seed):
    check(files, monkeypatch, seed)
