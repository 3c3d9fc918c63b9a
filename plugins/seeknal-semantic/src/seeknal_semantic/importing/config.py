"""What is said of everything alike: descriptions for people, and ``config:``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seeknal_semantic.importing.entries import TEMPLATES, NotCarried

if TYPE_CHECKING:
    from seeknal_semantic.importing.entries import Entry, Report


def description(entry: Entry, report: Report, words: str) -> str | None:
    """What people are told; nothing of it is lost but what a template would fill in."""
    try:
        return entry.text("description")
    except NotCarried as refused:
        report.add(f"{words}: description", refused.place, refused.why)
        return None


def check_config(
    entry: Entry, report: Report, words: str, *, whole: bool = True
) -> dict[str, object]:
    """What ``config:`` says that nodes here say as well. Raises NotCarried for what is off."""
    config = entry.below("config")
    for each in (entry, config):
        if each.has("enabled") and each.data["enabled"] is not True:
            off = each.data["enabled"] is False
            why = "it is disabled" if off else "whether it is enabled is not said"
            raise NotCarried(each.place("enabled"), why)
    kept = ("meta", "tags") if whole else ()
    others = [key for key in config.data if key not in (*kept, "enabled")]
    report.notes(f"{words}: config", config, *others)
    report.notes(words, entry, "group")
    found: dict[str, object] = {}
    if whole and isinstance(meta := config.data.get("meta"), Mapping) and _is_plain(meta):
        found["meta"] = dict(meta)
    elif whole:
        report.notes(f"{words}: config", config, "meta")
    if whole and config.has("tags"):
        found["tags"] = tags_of(config)
    return found


def _is_plain(value: object) -> bool:
    """Whether nothing in it would be filled in."""
    if isinstance(value, Mapping):
        return all(map(_is_plain, (*value, *value.values())))
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return not isinstance(value, str) or not any(sign in value for sign in TEMPLATES)


def tags_of(entry: Entry) -> list[str]:
    """Words to select by. Raises NotCarried for one that dbt would fill in."""
    found = []
    for text, place in entry.texts("tags"):
        if not _is_plain(text):
            raise NotCarried(place, "tags have a template, which only dbt fills in")
        found.append(text)
    return found
