"""The bytes of rows, however they are cut into pieces, give the values that are in them."""

import random

import pytest

from seeknal_starrocks.reading.arrowtexts import texts
from seeknal_starrocks.reading.nested import read_nested
from seeknal_starrocks.reading.packets import SPARE, Broken, Part, Receiver, ServerError
from seeknal_starrocks.reading.splitting import split
from seeknal_starrocks.testing.wire import packets as wire

pytestmark = pytest.mark.inside

LENGTHS = (0, 1, 3, 4, 5, 8, 11, 12, 13, 16, 249, 250, 251, 252, 300, 65535, 65536)


def packet(payload, number):
    return len(payload).to_bytes(3, "little") + bytes([number % 256]) + payload


def payload_of(row):
    return b"".join(b"\xfb" if value is None else wire.text(value) for value in row)


def sent(rows, end=None, number=5):
    """What a server sends of rows whose first packet has a number."""
    payloads = [*map(payload_of, rows), wire.end() if end is None else end]
    return b"".join(packet(payload, number + at) for at, payload in enumerate(payloads))


def receiver(data, pieces, **sizes):
    """Receives data in pieces of these lengths, and then nothing."""
    at = 0

    def read_into(memory):
        nonlocal at
        some = data[at : at + min(len(memory), next(pieces))]
        memory[: len(some)] = some
        at += len(some)
        return len(some)

    return Receiver(read_into, 5, **sizes)


def read(receiver, columns):
    found = []
    for part in receiver.parts():
        arrays = [texts(values, binary=True).to_pylist() for values in split(part, columns)]
        found += zip(*arrays, strict=True)
    return found


def always(size):
    while True:
        yield size


@pytest.mark.parametrize("seed", range(12))
def test_rows_arrive_however_they_are_cut(seed):
    draw = random.Random(seed)
    columns = draw.randint(1, 5)
    lengths = LENGTHS[: draw.randint(3, len(LENGTHS))]

    def value():
        return None if draw.random() < 0.2 else draw.randbytes(draw.choice(lengths))

    rows = [tuple(value() for _ in range(columns)) for _ in range(draw.randint(0, 600))]
    pieces = iter(lambda: draw.choice((1, 3, 7, 100, 4096, 70_000)), None)
    most = draw.choice((1, 17, 1 << 16))

    found = read(receiver(sent(rows), pieces, size=4096, most=most), columns)

    assert found == rows


@pytest.mark.parametrize("lost", range(40))
def test_rows_that_end_too_early_are_no_whole_result(lost):
    data = sent([(b"abc", None), (b"", b"defghi")])[: -1 - lost]

    with pytest.raises(Broken) as broken:
        read(receiver(data, always(9)), 2)

    assert broken.value.lost


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_an_error_of_the_server_is_told(rows):
    data = sent([(b"abc",)] * rows, wire.error(1317, "70100", "Query was killed"))

    with pytest.raises(ServerError) as refused:
        read(receiver(data, always(1000)), 1)

    assert refused.value.args == (1317, "Query was killed")


def test_a_packet_out_of_its_order_is_not_taken():
    data = sent([(b"a",)], number=5) + sent([(b"b",)], number=5)
    first = len(packet(payload_of((b"a",)), 0))

    with pytest.raises(Broken, match="not in order"):
        read(receiver(data[:first] + data[:first], always(1000)), 1)


PAYLOADS = {
    "lacks columns": b"\x01a",
    "longer than its row": b"\x01a\x05b",
    "more columns": b"\x01a\x01b\x01c",
    "a length is none": b"\x01a\xffb",
    "longer than its row ": b"\x01a\xfe\x01\x00\x00\x00\x00\x00\x00\x80",
    "longer than its row  ": b"\x01a\xfc\x01",
    "longer than its row   ": b"\x01a\xfd\xff\xff\xff",
}


@pytest.mark.parametrize("what", PAYLOADS)
def test_a_row_that_does_not_fit_its_columns_is_not_taken(what):
    data = bytearray(packet(PAYLOADS[what], 5))
    part = Part(data=data + bytes(SPARE), starts=[0], end=len(data))

    with pytest.raises(Broken, match=what.strip()):
        list(split(part, 2))


WRITTEN = ["[1", "[1,]", "1", "", "[1]]", "[,1]", "{1:2}", '["a\\nb"]', '["a]', "nul", "[\xff]"]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_no_array_is_not_taken_for_one(text):
    import duckdb

    form = duckdb.sql("SELECT CAST(NULL AS VARCHAR[]) AS v").types[0]
    data = bytearray(packet(wire.text(text.encode("latin-1")), 5))
    (values,) = split(Part(data=data + bytes(SPARE), starts=[0], end=len(data)), 1)

    with pytest.raises(Broken, match="column 'v' has a value that is not written as"):
        read_nested(values, form, "v")
