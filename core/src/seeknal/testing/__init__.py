"""For tests of projects and plugins: a project fixture and contracts to subclass.

Registered with pytest by seeknal's distribution, so the fixture needs no configuration. What
seeknal itself needs is imported when a fixture is used, not when pytest starts.
"""

from __future__ import annotations

import pytest

# Their assertions explain themselves only if pytest rewrites them before they are imported.
pytest.register_assert_rewrite(
    *("seeknal.testing.contracts", "seeknal.testing.warehouses", "seeknal.testing.online_stores")
)

from seeknal.testing.contracts import (  # noqa: E402 - see above
    AuditContract,
    ConnectionContract,
    PluginContract,
    SourceContract,
    TargetContract,
)
from seeknal.testing.online_stores import OnlineStoreContract  # noqa: E402 - see above
from seeknal.testing.project import (  # noqa: E402 - see above
    Outcome,
    TestProject,
    seeknal_project,
)
from seeknal.testing.shared import fetch  # noqa: E402 - see above
from seeknal.testing.warehouses import WarehouseContract  # noqa: E402 - see above

__all__ = (
    "AuditContract",
    "ConnectionContract",
    "OnlineStoreContract",
    "Outcome",
    "PluginContract",
    "SourceContract",
    "TargetContract",
    "TestProject",
    "WarehouseContract",
    "fetch",
    "seeknal_project",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--seeknal``: the project whose unit tests are tests of the session."""
    parser.getgroup("seeknal").addoption(
        "--seeknal", metavar="PROJECT", help="Run the unit tests of a seeknal project too."
    )


def pytest_configure(config: pytest.Config) -> None:
    if (project := config.getoption("--seeknal")) is not None:
        from seeknal.testing.unittests import register

        register(config, project)
