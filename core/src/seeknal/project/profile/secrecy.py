"""Registering every secret that a project's profiles and ``.env`` can resolve.

A node may print the password of a connection that nothing has opened, so this comes before
anything else that a command does. Files are looked at as text: they may be wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from seeknal.project.paths import PROFILES, PROJECT_FILE
from seeknal.project.profile.confidential import (
    is_secret_name,
    names_secret,
    note_env_file,
    note_filled,
    note_secrets,
    note_urls_in,
    note_values,
    note_variables,
)
from seeknal.project.profile.envfile import read_env_file
from seeknal.values.credentials import NAME
from seeknal.values.patterns import Pattern

_VARIABLE = Pattern(r"\$\{(?P<name>\w+)(?::(?P<default>[^}]*))?\}")
_ENV_VAR = Pattern(r"\benv_var\(\s*['\"](?P<name>\w+)['\"]")
_KEY = Pattern(r"(?P<key>[\w.-]+)[\"']?[ \t]*:[ \t]")
_WORD = Pattern(r"(?<![{\w])[A-Za-z_]\w*")
_INVOLVED = Pattern(
    rf"""(?:{NAME})["']?[ \t]*:[ \t]*(?:[|>&*!?]|$|"(?:[^"\\\n]|\\.)*$|'[^'\n]*$)""",
    re.IGNORECASE | re.MULTILINE,
)
"""Values that are not said on the line of their key. Parsing every profile would slow commands."""
_LARGEST = 1 << 20


def note_project(root: Path, profile: Path | None = None) -> None:
    """Register the secrets of every profile that may be in force, of ``.env`` and the process."""
    texts = [text for path in _files(root, profile) if (text := _text(path)) is not None]
    own = read_env_file(root / ".env")
    environment = {**own, **os.environ}
    note_variables(os.environ)
    plain = set(_WORD.findall(_text(root / PROJECT_FILE) or ""))
    for text in texts:
        note_secrets(text)
        if is_secret_name(text) and _INVOLVED.search(text):
            note_values(_parsed(text), environment)
        note_urls_in(_filled(text, environment))
        for name, secret in _variables(text):
            if secret:
                note_filled(environment.get(name, ""))
            else:
                plain.add(name)
    note_env_file(own, plain)


def _files(root: Path, profile: Path | None) -> Iterator[Path]:
    given = os.environ.get("SEEKNAL_PROFILE")
    yield from (path for path in (profile, Path(given) if given else None) if path is not None)
    yield from (root / PROJECT_FILE, root / PROFILES)
    with suppress(RuntimeError):
        yield Path.home() / ".seeknal" / PROFILES


def _text(path: Path) -> str | None:
    """None for what is no file: whoever needs it says what is wrong with it."""
    with suppress(OSError):
        if path.is_file() and path.stat().st_size <= _LARGEST:
            return path.read_text(encoding="utf-8-sig", errors="replace")
    return None


def _parsed(text: str) -> object:
    """What a YAML text says; None for one that is wrong."""
    import yaml

    with suppress(yaml.YAMLError, ValueError, RecursionError):
        return yaml.safe_load(text)
    return None


def _filled(text: str, environment: Mapping[str, str]) -> str:
    if "${" not in text:
        return text
    return _VARIABLE.sub(lambda match: environment.get(match["name"], match["default"] or ""), text)


def _variables(text: str) -> Iterator[tuple[str, bool]]:
    """Each variable of a file, and whether it stands where a secret does."""
    for line in text.splitlines() if "env_var(" in text else ():
        for match in _ENV_VAR.finditer(line):
            named = [found["key"] for found in _KEY.finditer(line[: match.start()])]
            yield match["name"], names_secret("".join(named[-1:]))
    for line in text.splitlines() if "${" in text else ():
        for match in _VARIABLE.finditer(line):
            before, after = line[: match.start()], line[match.end() :]
            keys = [*_KEY.finditer(before)]
            inside = before[keys[-1].end() :] if keys else before
            in_url = "//" in inside and "@" in after and "@" not in inside.partition("//")[2]
            yield match["name"], not keys or is_secret_name(keys[-1]["key"]) or in_url
