"""Environment variables in the values of a profile: ``${VAR}`` and ``${VAR:default}``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from seeknal.kernel.options import WRONG_VALUE
from seeknal.project.profile.confidential import is_secret_name, note_variables
from seeknal.values.patterns import Pattern
from seeknal.values.secret import Secret

if TYPE_CHECKING:
    from seeknal.values.marks import Marks
    from seeknal.values.problems import Problems

VARIABLE = Pattern(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::(?P<default>[^}]*))?\}")


def all_set(value: object, environment: Mapping[str, str]) -> bool:
    """Whether each variable that ``value`` names, however deep, is set or has a default."""
    return all(
        match["name"] in environment or match["default"] is not None
        for match in VARIABLE.finditer(repr(value))
    )


class VariableExpander:
    """Fills in values of one mapping; ``marks`` say where they stand.

    The values of ``secret`` keys are wrapped at once.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        marks: Marks,
        problems: Problems,
        secret: Collection[str] = (),
    ) -> None:
        self.environment = environment
        self.marks = marks
        self.problems = problems
        self.secret = secret

    def value(self, value: Any, *path: str | int) -> Any:
        """``value`` with the variables in it, however deep, replaced."""
        if isinstance(value, Mapping):
            return {key: self.value(entry, *path, key) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.value(entry, *path, number) for number, entry in enumerate(value)]
        if len(path) == 1 and path[0] in self.secret:
            return self.secret_value(value, path)
        if not isinstance(value, str) or "${" not in value:
            return value
        text = self.text(value, path)
        if any(is_secret_name(str(part)) for part in path):
            note_variables({"secret": text})
        return _scalar(text)

    def secret_value(self, value: Any, path: tuple[str | int, ...]) -> Secret | None:
        if isinstance(value, str):
            return Secret(self.text(value, path))
        if value is not None:
            self.problems.add(
                WRONG_VALUE, f"{path[0]} is not text", self.marks.value(*path), "put it into quotes"
            )
        return None

    def text(self, value: str, path: tuple[str | int, ...]) -> str:
        return VARIABLE.sub(lambda match: self.variable(match, path), value)

    def variable(self, match: re.Match[str], path: tuple[str | int, ...]) -> str:
        name, default = match["name"], match["default"]
        found = self.environment.get(name, default)
        if found is None:
            help = f"set it, put it into .env, or write ${{{name}:default}}"
            self.problems.add(
                "SK0605", f"environment variable {name} is not set", self.marks.value(*path), help
            )
        return found or ""


def _scalar(text: str) -> Any:
    """What a filled-in value means: ``${PORT:5432}`` is a number."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"-?(0|[1-9]\d*)", text) else text
