import pytest

from seeknal.testing import PluginContract

pytestmark = pytest.mark.versions


class TestPlugin(PluginContract):
    plugin = "seeknal_semantic.plugin"
    drivers = ("duckdb", "sqlglot", "pyarrow")
