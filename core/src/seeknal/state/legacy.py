"""State files of seeknal 2.x: recognised and set aside."""

from __future__ import annotations

from pathlib import Path

from seeknal.state.aside import move_aside

EXECUTION_STATE = Path("state", "execution_state.json")
"""Where 2.x kept a second state file, below ``target``."""

MARK = "2x"


def legacy_note(name: str) -> str:
    """One line on a 2.x file, named below ``target``, that is not used."""
    return f"target/{name} is of seeknal 2.x: every node runs once more"


def set_aside_execution_state(target: Path) -> str | None:
    """Rename the 2.x execution state; a line that says so, or None when there is none."""
    path = target / EXECUTION_STATE
    if not path.is_file():
        return None
    kept = move_aside(path, MARK, ".bak")
    return f"{legacy_note(EXECUTION_STATE.as_posix())} (kept as {kept.name})"
