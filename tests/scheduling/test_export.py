"""``schedule export``, as its users type it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.scheduling.test_agenda import FILES

NAMES = ("crontab", "systemd", "airflow", "github-actions", "kubernetes")


@pytest.fixture
def project(seeknal_project):
    return seeknal_project(FILES)


def exported(project, format, *options):
    image = ("--image", "registry.example.com/shop:1.0") if format == "kubernetes" else ()
    return project.run("schedule", "export", "--format", format, *image, *options)


@pytest.mark.parametrize("format", NAMES)
def test_every_schedule_is_told_once_in_the_words_of_a_program(project, format):
    result = exported(project, format).assert_ok()

    runs = result.stdout.count("--lock-timeout") + result.stdout.count("set -- --schedule")
    assert result.stdout.startswith(("# Written by", "# ----"))
    assert "0 6 * * * Europe/Berlin" in result.stdout
    # GitHub's last one is what is run by hand.
    assert runs == (3 if format == "github-actions" else 2)


def test_several_files_are_printed_with_their_names_and_written_into_a_folder(project):
    printed = exported(project, "systemd").assert_ok().stdout

    exported(project, "systemd", "-o", "units").assert_ok()

    names = {path.name for path in (project.path / "units").iterdir()}
    assert names == {
        *("seeknal-test-0-6-x-x-x-europe-berlin.service", "seeknal-test-1-week.service"),
        *("seeknal-test-0-6-x-x-x-europe-berlin.timer", "seeknal-test-1-week.timer"),
    }
    assert all(f"# ---- {name} ----" in printed for name in names)


def test_a_file_goes_into_a_folder_under_its_own_name(project):
    (project.path / "dags").mkdir()

    result = exported(project, "airflow", "-o", "dags").assert_ok()

    assert "wrote dags/seeknal_test.py" in result.stderr
    assert (project.path / "dags" / "seeknal_test.py").exists()


def test_what_an_export_has_written_is_replaced(project):
    exported(project, "crontab", "-o", "jobs.cron").assert_ok()

    exported(project, "crontab", "-o", "jobs.cron", "--env", "dev").assert_ok()

    assert "--env dev" in (project.path / "jobs.cron").read_text()


@pytest.mark.parametrize("text", ["", "0 0 * * * backup\n", "\0\xff"])
def test_what_no_export_has_written_stays(project, text):
    (project.path / "jobs.cron").write_bytes(text.encode("latin-1"))

    result = exported(project, "crontab", "-o", "jobs.cron")

    assert result.exit_code == 2
    assert "jobs.cron is of no such export of this project, and stays as it is" in result.stderr
    assert (project.path / "jobs.cron").read_bytes() == text.encode("latin-1")


@pytest.mark.parametrize(("one", "other"), [("test", "shop"), ("shop", "test")])
def test_files_of_other_projects_and_for_other_programs_stay(project, one, other):
    project.write({"seeknal_project.yml": f"name: {one}\n"})
    exported(project, "crontab", "-o", "jobs.cron").assert_ok()
    before = (project.path / "jobs.cron").read_text()

    another = exported(project, "airflow", "-o", "jobs.cron")
    project.write({"seeknal_project.yml": f"name: {other}\n"})
    different = exported(project, "crontab", "-o", "jobs.cron")

    assert (another.exit_code, different.exit_code) == (2, 2)
    assert (project.path / "jobs.cron").read_text() == before


def test_nothing_is_written_when_one_of_several_files_cannot_be(project):
    units = project.path / "units"
    units.mkdir()
    (units / "seeknal-test-1-week.timer").write_text("mine")

    result = exported(project, "systemd", "-o", "units")

    assert result.exit_code == 2
    assert [path.name for path in units.iterdir()] == ["seeknal-test-1-week.timer"]


def test_timers_of_schedules_that_are_no_more_are_told_of(project):
    exported(project, "systemd", "-o", "units").assert_ok()
    project.write({"seeknal/weekly.yml": FILES["seeknal/weekly.yml"].replace("1 week", "2 hours")})

    result = exported(project, "systemd", "-o", "units").assert_ok()

    assert "units/seeknal-test-1-week.timer is of a schedule that no node has" in result.stderr


def test_the_command_of_an_entry_runs_its_nodes(project):
    (text,) = yaml.safe_load_all(
        exported(project, "github-actions", "--var", "day=2026-01-31").assert_ok().stdout
    )
    steps = text["jobs"]["run"]["steps"]
    script = next(step["run"] for step in steps if "seeknal run" in step.get("run", ""))
    command = f'seeknal() {{ "{sys.executable}" -m seeknal "$@"; }}\n{script}'

    done = subprocess.run(
        ["bash", "-e", "-c", command],
        cwd=project.path,
        env={**os.environ, "SCHEDULE": "0 6 * * *"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    ran = {line.split()[0] for line in done.stdout.splitlines() if "." in line.split()[0]}
    assert ran == {"source.orders", "source.rates", "transform.daily", "transform.report"}


def names_in(text):
    return {line for line in text.splitlines() if line.startswith("# ----")}


def test_entries_of_environments_and_projects_do_not_meet(project):
    prod = exported(project, "systemd").assert_ok().stdout

    dev = exported(project, "systemd", "--env", "dev").assert_ok().stdout
    project.write({"seeknal_project.yml": "name: test-dev\n"})
    other = exported(project, "systemd").assert_ok().stdout

    names = [names_in(text) for text in (prod, dev, other)]
    assert [len(each) for each in names] == [4, 4, 4]
    assert len(set.union(*names)) == 12


def test_secrets_are_named_and_a_users_name_is_given(project):
    workflow = exported(project, "github-actions", "--secret", "PASSWORD").assert_ok().stdout
    manifests = exported(project, "kubernetes", "--secret", "PASSWORD").assert_ok().stdout
    table = exported(project, "crontab", "--user", "shop").assert_ok().stdout
    units = exported(project, "systemd", "--user", "shop").assert_ok().stdout

    assert "PASSWORD: ${{ secrets.PASSWORD }}" in workflow
    assert "key: PASSWORD" in manifests
    assert " * * 1 shop cd " in table
    assert units.count("\nUser=shop\n") == 2


def test_a_secret_never_comes_into_a_file(project):
    project.write({".env": "WAREHOUSE_PASSWORD=correct horse battery\n"})

    result = exported(project, "crontab", "--var", "key=correct horse battery")

    assert result.exit_code == 2
    assert "a secret would stand in the file" in result.stderr
    assert "correct horse" not in result.stdout + result.stderr


def test_a_profile_is_where_it_runs(project, tmp_path):
    (project.path / "other.yml").write_text("connections: {}\n")
    (tmp_path / "far.yml").write_text("connections: {}\n")

    inside = exported(project, "kubernetes", "--profile", str(project.path / "other.yml"))
    here = exported(project, "crontab", "--profile", str(tmp_path / "far.yml"))
    elsewhere = exported(project, "kubernetes", "--profile", str(tmp_path / "far.yml"))

    assert "- other.yml\n" in inside.assert_ok().stdout
    assert f"--profile {tmp_path / 'far.yml'}" in here.assert_ok().stdout
    assert elsewhere.exit_code == 2
    assert "is not in the project's folder" in elsewhere.stderr


def test_a_workflow_that_could_install_nothing_is_told_of(project):
    before = exported(project, "github-actions").assert_ok().stderr
    (project.path / "requirements.txt").write_text("./seeknal.whl\n")

    after = exported(project, "github-actions").assert_ok().stderr

    assert "requirements.txt, which is not in the project's folder" in before
    assert "requirements.txt" not in after


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "--format says for which program"),
        (["--format", "anacron"], "anacron"),
        (["--format", "kubernetes"], "--image says what Kubernetes runs"),
        (["--format", "airflow", "--user", "me"], "--user is of crontab and systemd, not of air"),
        (["--format", "crontab", "--image", "a"], "--image is of kubernetes"),
        (["--format", "crontab", "--user", "a b"], "--user 'a b' is not the name of a user"),
        (["--format", "crontab", "--cron-timezone", "Europe/Berln"], "Europe/Berlin"),
        (["--format", "github-actions", "--secret", "a-b"], "name of an environment variable"),
        (["--format", "kubernetes", "--image", "a", "--storage", "much"], "a size, as 10Gi"),
        (["--format", "kubernetes", "--image", "A b"], "is not the name of an image"),
        (["--format", "crontab", "-o", "seeknal/orders.yml/x"], "is no folder"),
        (["--format", "crontab", "--var", "a=b\nc"], "holds a character that no file"),
    ],
)
def test_what_cannot_be_exported_is_told(project, options, told):
    result = project.run("schedule", "export", *options)

    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("format", ["airflow", "github-actions", "kubernetes"])
def test_all_schedules_that_a_program_has_no_words_for_are_told_at_once(seeknal_project, format):
    text = "kind: transform\nname: {}\nschedule: '{}'\nsql: SELECT 1 AS id\n"
    schedules = {"a": "0 6 L * *", "b": "0 6 * * 1#2", "c": "0 6 L * *", "d": "@daily"}
    files = {f"seeknal/{name}.yml": text.format(name, each) for name, each in schedules.items()}

    result = exported(seeknal_project(files), format)

    assert result.exit_code == 2
    assert result.stderr.count("error[SK0296]: transform.") == 3
    assert all(f"seeknal/{name}.yml:3" in result.stderr for name in "abc")
    assert "transform.d" not in result.stderr


@pytest.mark.parametrize(
    ("schedule", "format", "told"),
    [
        ("0 6 L * *", "airflow", "Airflow has no words for the days of 0 6 L * *"),
        ("0 0 */2 * 1", "kubernetes", "Kubernetes has no words for the days of 0 0 */2 * 1"),
        ("0 6 */2 * 1#2", "systemd", "systemd has no words for a date that is also"),
        ("* * * * *", "github-actions", "at most every 5 minutes: 1 minute is more often"),
    ],
)
def test_a_schedule_that_a_program_has_no_words_for_is_refused(
    seeknal_project, schedule, format, told
):
    text = f"kind: transform\nname: one\nschedule: '{schedule}'\nsql: SELECT 1 AS id\n"
    project = seeknal_project({"seeknal/one.yml": text})

    result = exported(project, format)

    assert result.exit_code == 2
    assert told in result.stderr


def test_a_project_without_schedules_has_nothing_to_export(seeknal_project):
    project = seeknal_project({"seeknal/apart.yml": FILES["seeknal/apart.yml"]})

    result = exported(project, "crontab")

    assert result.exit_code == 2
    assert 'write schedule: "@daily"' in result.stderr


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2024-06-01 04:00:00", 0),
        ("2024-06-01 04:00:59", 0),
        ("2024-06-01 04:01:00", 1),
        ("2024-06-01 03:59:59", 1),
        ("2024-06-01 05:00:00", 1),
        ("2024-12-01 05:00:30", 0),
    ],
)
def test_a_schedule_is_due_in_the_minute_in_which_it_ticks(project, at, moment, code):
    at(moment)

    result = project.run("schedule", "due", "0 6 * * * Europe/Berlin")

    assert (result.exit_code, result.stdout, result.stderr) == (code, "", "")


def test_what_is_no_schedule_is_never_due(project):
    result = project.run("schedule", "due", "0 6 * *")

    assert result.exit_code == 2
    assert "'0 6 * *' is not a cron schedule" in result.stderr


def test_the_zone_of_a_machine_is_read_from_where_it_stands(monkeypatch, tmp_path):
    from seeknal.host import zone

    place = tmp_path / "zoneinfo" / "Europe" / "Berlin"
    place.parent.mkdir(parents=True)
    place.touch()
    named = tmp_path / "timezone"
    named.write_text("Asia/Tokyo\n")
    monkeypatch.setattr(zone, "_NAMED", named)

    found = []
    for local in (place, named, tmp_path / "none"):
        monkeypatch.setattr(zone, "_LOCAL", Path(local))
        found.append(zone.machine_zone())

    assert found == ["Europe/Berlin", "Asia/Tokyo", "UTC"]
