"""A project that is edited while it is read is told of, and is no defect."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.inside

CODE = (
    "import helper\nfrom seeknal import transform\n\n\n@transform(name='{0}', inputs=[])\n"
    "def {0}(ctx):\n    return [{{'id': helper.ONE}}]\n"
)
FILES = {
    "seeknal/pipelines/one.py": CODE.format("one"),
    "seeknal/pipelines/two.py": CODE.format("two"),
    "seeknal/pipelines/helper.py": "ONE = 1\n",
}


@pytest.mark.parametrize("file", ["two.py", "helper.py"])
@pytest.mark.parametrize("way", ["read_bytes", "stat"])
@pytest.mark.parametrize("at", range(6))
def test_a_file_that_is_removed_meanwhile_is_no_defect(seeknal_project, monkeypatch, file, way, at):
    project = seeknal_project(FILES)
    left, original = [at], getattr(Path, way)

    def once_gone(self, *arguments, **options):
        if self.name == file:
            left[0] -= 1
            if left[0] < 0:
                self.unlink(missing_ok=True)
        return original(self, *arguments, **options)

    monkeypatch.setattr(Path, way, once_gone)

    results = [project.run(command) for command in ("plan", "list")]

    assert all("SK0001" not in result.stderr for result in results)
    assert all(result.exit_code in (0, 2) for result in results)
