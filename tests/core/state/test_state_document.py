from __future__ import annotations

import json
import random

import pytest

from seeknal.state.document import read_document, write_document
from seeknal.state.migrations import schema_version
from seeknal.state.sealed import seal, unseal

pytestmark = pytest.mark.inside

ENTRIES = [{"environment": "prod", "generation": n, "text": f'ü "{n}"\n'} for n in range(5)]


def test_what_was_written_is_read_and_is_plain_json():
    data = write_document(ENTRIES)

    document = read_document(data)

    assert (document.form, document.version) == ("intact", 3)
    assert list(document.entries) == ENTRIES
    assert json.loads(data)["schema_version"] == 3
    assert [item["entry"] for item in json.loads(data)["entries"]] == ENTRIES


def test_no_entries_are_a_whole_document():
    document = read_document(write_document([]))

    assert (document.form, document.entries) == ("intact", ())


def test_a_file_cut_anywhere_gives_its_whole_entries_and_is_called_damaged():
    data = write_document(ENTRIES)

    cut = [read_document(data[:length]) for length in range(len(data))]

    assert {document.form for document in cut[:-1]} == {"damaged"}
    for document in cut:
        assert list(document.entries) == ENTRIES[: len(document.entries)]
    assert list(cut[-1].entries) == ENTRIES


def test_no_flipped_bit_changes_an_entry_unnoticed():
    data = write_document(ENTRIES)
    body = data.index(b"\n") + 1

    for bit in range(body * 8, len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        document = read_document(bytes(flipped))

        assert document.form == "damaged"
        assert [entry for entry in document.entries if entry not in ENTRIES] == []
        assert len(document.entries) >= len(ENTRIES) - 2


def test_no_flipped_bit_of_the_header_changes_an_entry():
    data = write_document(ENTRIES)

    for bit in range(data.index(b"\n") * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        document = read_document(bytes(flipped))

        assert list(document.entries) == ENTRIES
        assert document.version >= 1


def test_a_reformatted_file_keeps_what_was_not_changed_in_it():
    parsed = json.loads(write_document(ENTRIES))
    parsed["entries"][2]["entry"]["generation"] = 99

    document = read_document(json.dumps(parsed, indent=2).encode())

    assert document.form == "damaged"
    assert list(document.entries) == [*ENTRIES[:2], *ENTRIES[3:]]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\x00" * 4096,
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"schema_version": 1, "entries": 5}',
        b'{"schema_version": 1, "entries": [1, {}, {"entry": 1}, {"entry": {}}]}',
        b'{"schema_version": null}',
    ],
)
def test_anything_else_is_damaged_and_empty(data: bytes):
    document = read_document(data)

    told = 1 if b'"schema_version": 1' in data else schema_version()
    assert (document.form, document.entries, document.version) == ("damaged", (), told)


def test_random_bytes_never_raise():
    chance = random.Random(7)

    for _ in range(300):
        data = chance.randbytes(chance.randrange(200))

        assert read_document(data).entries == ()


def test_a_newer_version_is_told_however_the_file_is_formatted():
    written = write_document(ENTRIES).replace(b'"schema_version": 3', b'"schema_version": 7')
    reformatted = json.dumps(json.loads(written), indent=4).encode()

    versions = [read_document(data).version for data in (written, reformatted, written[:100])]

    assert versions == [7, 7, 7]


def test_a_sealed_line_is_json_and_any_change_breaks_it():
    line = seal({"a": "b"})

    assert json.loads(line)["entry"] == {"a": "b"}
    assert unseal(line) == {"a": "b"}
    assert unseal(line.replace('"b"', '"c"')) is None
    assert unseal(line + " ") is None
    assert unseal(line[:-1]) is None
    assert unseal("") is None
