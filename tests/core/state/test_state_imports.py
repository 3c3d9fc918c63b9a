from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.inside

SCRIPT = """
import sys
import seeknal.state.artifacts, seeknal.state.history, seeknal.state.lock, seeknal.state.store
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_reading_the_state_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )

    heavy = {"duckdb", "_duckdb", "sqlglot", "jinja2", "yaml", "pyarrow", "asyncio", "socket"}
    assert heavy.isdisjoint(done.stdout.split())
