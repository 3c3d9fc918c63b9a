"""How StarRocks says no: a number, a state, and a text that alone tells what is wrong."""

from __future__ import annotations


class Refused(Exception):
    """A statement that StarRocks does not carry out.

    Mistakes in statements all have the number 1064: what they are is in the text.
    """

    def __init__(self, message: str, *, code: int = 1064, state: str = "HY000") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.state = state


def analysis(detail: str) -> Refused:
    """What is well written and cannot be done."""
    return Refused(f"Getting analyzing error. Detail message: {detail.rstrip('.')}.")


def syntax(line: int, column: int, detail: str) -> Refused:
    """What is not written as the grammar has it."""
    place = f"at line {line}, column {column}"
    return Refused(f"Getting syntax error {place}. Detail message: {detail.rstrip('.')}.")


def unknown_table(*names: str) -> Refused:
    return analysis(f"Unknown table '{'.'.join(names)}'")


def unknown_database(name: str) -> Refused:
    return Refused(f"Unknown database '{name}'", code=1049, state="42000")


def unknown_catalog(name: str) -> Refused:
    return analysis(f"Unknown catalog '{name}'")


def access_denied(user: str, *, with_password: bool) -> Refused:
    used = "YES" if with_password else "NO"
    return Refused(
        f"Access denied for user '{user}' (using password: {used})", code=1045, state="28000"
    )
