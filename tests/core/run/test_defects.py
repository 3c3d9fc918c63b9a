"""A fault of seeknal's own while a node runs is a failure that is told, and no run without end."""

import pytest

from seeknal.run.step import StepExecution

FILES = {
    "seeknal/a.yml": "{kind: transform, name: a, sql: SELECT 1 AS x}\n",
    "seeknal/b.yml": "{kind: transform, name: b, sql: SELECT x FROM ref('transform.a')}\n",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("method", ["failed", "clean_up"])
def test_a_step_that_gives_no_result_fails_and_skips_what_reads_it(
    seeknal_project, monkeypatch, method
):
    def broken(self, *_):
        raise LookupError("nobody thought of this")

    made = seeknal_project(FILES)
    monkeypatch.setattr(StepExecution, "carry_out", broken)
    monkeypatch.setattr(StepExecution, method, broken)

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "1 failed, 1 skipped" in outcome.stdout
    assert "LookupError: nobody thought of this" in outcome.stderr
    assert "this is a defect of seeknal" in outcome.stderr
