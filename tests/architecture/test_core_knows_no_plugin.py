"""Core's source names no plugin of ours, but where it says what to install."""

import re
from pathlib import Path

CORE = Path(__file__).parents[2] / "core" / "src" / "seeknal"
OURS = re.compile(r"iceberg|postgres|starrocks|semantic|seeknal[-_](audits|spark)", re.IGNORECASE)
HINTS = "hints.py"
DIALECTS = (CORE / "sql" / "translating", CORE / "builtin" / "dialects.py")
"""Name dialects of SQL: those are standards of others, and no plugins."""
FUNCTIONS = re.compile(r"\b(iceberg|postgres)_[a-z_]+")
"""Of DuckDB's own extensions."""


def test_core_names_no_plugin_outside_the_tables_of_hints_and_dialects():
    files = [
        *(path for path in CORE.rglob("*.py") if "examples" not in path.relative_to(CORE).parts),
        *CORE.rglob("*.j2"),
    ]
    assert len(files) > 300

    named = {
        f"{path.relative_to(CORE)}: {line.strip()}"
        for path in files
        if path.name != HINTS and not any(map(path.is_relative_to, DIALECTS))
        for line in path.read_text().splitlines()
        if OURS.search(FUNCTIONS.sub("", line))
    }

    assert named == set()
