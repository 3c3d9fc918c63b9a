"""Version tokens change when content does, and only then."""

import os

import pytest

from seeknal.host.file_version import same, version_of

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def moved(path, seconds):
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + seconds * 10**9))


def test_an_untouched_file_is_not_hashed_again(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("a\n1\n")
    first = version_of([file], None)
    first[0][-1] = "the known hash"

    second = version_of([file], first)

    assert second == first


def test_a_touch_in_either_direction_leaves_the_token_the_same(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("a\n1\n")
    first = version_of([file], None)

    for seconds in (60, -3600):
        moved(file, seconds)
        found = version_of([file], first)

        assert found != first
        assert same(found, first)


def test_a_restored_backup_with_its_old_time_and_size_is_seen(tmp_path):
    file, backup = tmp_path / "a.csv", tmp_path / "backup.csv"
    file.write_text("a\n1\n")
    backup.write_text("a\n2\n")
    status = file.stat()
    first = version_of([file], None)
    os.utime(backup, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(backup, file)

    found = version_of([file], first)

    assert not same(found, first)


def test_content_changed_in_place_under_an_old_time_is_seen(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("a\n1\n")
    status = file.stat()
    first = version_of([file], None)
    file.write_text("a\n2\n")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))

    found = version_of([file], first)

    assert not same(found, first)


def test_a_moved_project_keeps_its_versions(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (old / "a.csv").write_text("a\n1\n")
    first = version_of([old / "a.csv"], None, root=old)
    old.rename(new)

    found = version_of([new / "a.csv"], first, root=new)

    assert same(found, first)
    assert found[0][0] == "a.csv"


def test_order_and_number_of_files_count(tmp_path):
    one, two = tmp_path / "1.csv", tmp_path / "2.csv"
    one.write_text("a\n")
    two.write_text("a\n")

    token = version_of([one, two], None)

    assert not same(token, version_of([two, one], None))
    assert not same(token, version_of([one], None))


def test_a_missing_file_has_no_version(tmp_path):
    assert version_of([tmp_path / "a.csv"], None) is None


def test_what_is_no_token_is_the_same_as_nothing(tmp_path):
    for value in (None, 7, "etag", [], [[1, 2]], {"a": 1}):
        assert not same(value, value)
