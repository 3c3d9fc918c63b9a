"""What is installed is told as Python's own library tells it, though it is read without that."""

from __future__ import annotations

import sys
from importlib import metadata

from seeknal.kernel.distributions import distributions, normal


def as_the_library_says(path):
    first = {}
    for found in metadata.distributions(path=path):
        first.setdefault(normal(found.metadata["Name"]), found)
    return {
        name: (
            found.metadata["Name"],
            found.version,
            tuple(found.metadata.get_all("Requires-Dist") or ()),
            sorted((point.group, point.name, point.value) for point in found.entry_points),
        )
        for name, found in first.items()
    }


def as_told():
    first = {}
    for found in distributions():
        first.setdefault(found.key, found)
    return {
        name: (found.name, found.version, found.requires, sorted(found.entry_points))
        for name, found in first.items()
    }


def test_each_distribution_of_this_environment_is_told_alike():
    told = as_told()

    assert told == as_the_library_says(sys.path)
    assert "seeknal" in told


def test_of_two_of_one_name_the_first_on_the_path_counts(tmp_path, monkeypatch):
    for folder, version in (("a", "1.0"), ("b", "2.0")):
        info = tmp_path / folder / f"other_one-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: Other.One\nVersion: {version}\n"
        )
    monkeypatch.setattr(sys, "path", [str(tmp_path / "a"), str(tmp_path / "b")])

    told = as_told()

    assert told == as_the_library_says(sys.path)
    assert told["other_one"][1] == "1.0"


def test_where_an_earlier_installer_wrote_the_library_is_asked(tmp_path, monkeypatch):
    info = tmp_path / "old_one.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Metadata-Version: 1.1\nName: old-one\nVersion: 0.9\n")
    (info / "entry_points.txt").write_text("[seeknal]\nold = old_one.plugin\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    told = as_told()

    assert told["old_one"][1] == "0.9"
    assert told["old_one"][3] == [("seeknal", "old", "old_one.plugin")]
