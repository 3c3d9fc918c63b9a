from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from seeknal.state.journal import Journal, read_journal

pytestmark = pytest.mark.inside


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run_state.journal"


def test_a_journal_that_is_not_there_is_empty(path: Path):
    assert read_journal(path).entries == ()
    assert not path.exists()


def test_entries_come_back_in_order(path: Path):
    journal = Journal(path)
    for number in range(3):
        journal.append({"n": number})
    journal.close()

    text = read_journal(path)

    assert [entry["n"] for entry in text.entries] == [0, 1, 2]
    assert (text.version, text.damaged) == (3, 0)


def test_a_journal_cut_anywhere_gives_a_prefix_and_is_not_called_damaged(path: Path):
    journal = Journal(path)
    for number in range(3):
        journal.append({"n": number})
    journal.close()
    data = path.read_bytes()

    for length in range(len(data)):
        path.write_bytes(data[:length])
        text = read_journal(path)

        assert [entry["n"] for entry in text.entries] == [0, 1, 2][: len(text.entries)]
        assert text.damaged == 0


def test_a_damaged_line_is_left_out_and_counted(path: Path):
    journal = Journal(path)
    for number in range(3):
        journal.append({"n": number})
    journal.close()
    path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":7'))

    text = read_journal(path)

    assert [entry["n"] for entry in text.entries] == [0, 2]
    assert text.damaged == 1


def test_threads_that_append_at_once_lose_nothing_and_share_syncs(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    syncs: list[int] = []
    slow = threading.Event()
    real = os.fsync

    def fsync(descriptor: int) -> None:
        syncs.append(descriptor)
        slow.wait(0.002)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    journal = Journal(path)

    def append(worker: int) -> None:
        for number in range(25):
            journal.append({"worker": worker, "n": number})

    threads = [threading.Thread(target=append, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()

    entries = read_journal(path).entries
    assert len(entries) == 200
    assert len(syncs) < 150
    for worker in range(8):
        assert [e["n"] for e in entries if e["worker"] == worker] == list(range(25))


def test_an_append_returns_only_after_its_line_was_synced(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    synced: list[bytes] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (real(fd), synced.append(path.read_bytes())))
    journal = Journal(path)

    journal.append({"n": 1})

    assert b'"n":1' in synced[-1]
    journal.close()


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk_fails_one_append_and_leaves_no_half_line(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str
):
    journal = Journal(path)
    journal.append({"n": 1})
    real = os.write

    def full(descriptor: int, data: bytes = b"") -> int:
        if data:
            real(descriptor, data[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(OSError, match="No space"):
            journal.append({"n": 2})
    journal.append({"n": 3})
    journal.close()

    text = read_journal(path)
    assert [entry["n"] for entry in text.entries] == [1, 3]
    assert text.damaged == 0


def test_a_journal_that_cannot_be_cut_back_takes_no_more_lines(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    journal = Journal(path)
    journal.append({"n": 1})

    def fail(descriptor: int, *arguments: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        patch.setattr(os, "ftruncate", fail)
        with pytest.raises(OSError, match="Input/output error"):
            journal.append({"n": 2})
    with pytest.raises(FileExistsError):
        journal.append({"n": 3})

    assert [entry["n"] for entry in read_journal(path).entries] == [1, 2]


def test_a_failed_write_fails_only_the_threads_that_tried_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    journal = Journal(path)
    journal.append({"n": -1})
    turns = iter([True, False, True] + [False] * 100)
    real = os.fsync

    def sometimes(descriptor: int) -> None:
        if next(turns):
            raise OSError(errno.EIO, "Input/output error")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", sometimes)
    failed: list[int] = []

    def append(number: int) -> None:
        try:
            journal.append({"n": number})
        except OSError:
            failed.append(number)

    threads = [threading.Thread(target=append, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()

    kept = [entry["n"] for entry in read_journal(path).entries]
    assert sorted([*kept, *failed]) == list(range(-1, 12))
    assert failed


def test_a_journal_that_could_not_be_begun_is_begun_by_the_next_append(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    journal = Journal(path)

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            journal.append({"n": 1})
    journal.append({"n": 2})
    journal.close()

    assert [entry["n"] for entry in read_journal(path).entries] == [2]


def test_the_folder_is_synced_when_the_journal_is_begun(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    folders: list[bool] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        folders.append(os.path.isdir(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    journal = Journal(path)

    journal.append({"n": 1})
    journal.append({"n": 2})

    assert folders == [True, False, False]
    journal.close()
