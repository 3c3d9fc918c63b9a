import pytest
from tests.audits.conftest import audit_of

from seeknal.testing import AuditContract, PluginContract

pytestmark = pytest.mark.versions


class TestPlugin(PluginContract):
    plugin = "seeknal_audits.plugin"
    drivers = ("duckdb", "sqlglot", "pyarrow")


class Contract(AuditContract):
    plugin = "seeknal_audits.plugin"

    @pytest.fixture
    def audit(self, case):
        return audit_of(case[0], **case[1])

    @pytest.fixture
    def good_rows(self, case):
        return case[2]

    @pytest.fixture
    def bad_rows(self, case):
        return case[3:]


@pytest.mark.parametrize(
    "case",
    [
        ("not_null", {"columns": ["v"]}, "SELECT 1 v", "SELECT NULL::INT v", 1),
        ("unique", {"columns": ["v"]}, "SELECT 1 v", "SELECT 1 v FROM range(2)", 1),
        ("accepted_values", {"column": "v", "values": [1]}, "SELECT 1 v", "SELECT 2 v", 1),
        ("row_count", {"max": 1}, "SELECT 1 v", "SELECT 1 v FROM range(2)", 1),
        ("custom_sql", {"sql": "FROM __THIS__ WHERE v > 1"}, "SELECT 1 v", "SELECT 2 v", 1),
        ("expression", {"expression": "v = 1"}, "SELECT 1 v", "SELECT 2 v", 1),
        ("between", {"column": "v", "max": 1}, "SELECT 1 v", "SELECT 2 v", 1),
        ("regex", {"column": "v", "pattern": "^1"}, "SELECT 1 v", "SELECT 2 v", 1),
    ],
    ids=lambda case: case[0],
)
class TestAudits(Contract):
    pass
