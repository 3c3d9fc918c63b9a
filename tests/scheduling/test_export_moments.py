"""Each program starts what it is told when the schedule ticks, as far as its own words reach."""

import ast
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
import yaml

from seeknal.scheduling.export.clocks import doubts
from seeknal.scheduling.export.formats import FORMATS, differences
from seeknal.scheduling.export.jobs import slug
from seeknal.values.errors import UsageError
from tests.scheduling import debian, robfig
from tests.scheduling.exported import (
    BEGIN,
    DAY,
    ZONES,
    at,
    drawn,
    export_of,
    near_change,
    rendered,
    spans,
    ticks,
)

SEEDS = [
    *range(1, 11),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(11, 400)),
]
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze"
)


def by_crontab(schedule, machine, begin, end):
    """When the line of a schedule runs it: cron starts it, and it may ask whether it is time."""
    (text,) = rendered("crontab", schedule, timezone=machine).values()
    line = text.splitlines()[-1]
    fields, command = " ".join(line.split()[:5]), line.split(maxsplit=5)[5]
    found = debian.fires(fields, machine, begin, end)
    asks = re.search(r"schedule due '?([^'&]+?)'? && ", command)
    if asks is None:
        return found
    due = set(ticks(asks[1], begin, end))
    return [tick for tick in found if tick in due]


def by_systemd(schedule, begin, end):
    """When systemd itself says that the timer elapses."""
    files = rendered("systemd", schedule)
    (timer,) = (text for name, text in files.items() if name.endswith(".timer"))
    lines = re.findall(r"OnCalendar=(.*)", timer)
    most = len(ticks(schedule, begin, end)) + 2
    return sorted({tick for tick in elapses(lines, most, begin) if tick < end})


def elapses(lines, most, begin):
    base = datetime.fromtimestamp(begin - 1, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    done = subprocess.run(
        ["systemd-analyze", "calendar", f"--iterations={most}", f"--base-time={base}", *lines],
        capture_output=True,
        text=True,
        check=True,
        env={"TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    found = re.findall(r"(?:elapse|#\d+): \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", done.stdout)
    return map(at, found)


def by_kubernetes(schedule, begin, end):
    (text,) = rendered("kubernetes", schedule, image="shop:1").values()
    *_, job = yaml.safe_load_all(text)
    return robfig.fires(job["spec"]["schedule"], job["spec"]["timeZone"], begin, end)


def by_github(schedule, begin, end):
    """As GitHub's words on clocks that are put forward say; of others they say nothing."""
    (text,) = rendered("github-actions", schedule).values()
    (event,) = yaml.safe_load(text)["on"]["schedule"]
    return debian.fires(event["cron"], event.get("timezone", "UTC"), begin, end)


@pytest.mark.parametrize("seed", SEEDS)
def test_cron_starts_a_job_at_its_ticks_on_a_machine_of_any_zone(seed):
    schedule, zone = drawn(seed)
    machine = zone if seed % 2 else ZONES[seed % len(ZONES)]

    found = [by_crontab(schedule, machine, *span) for span in spans(zone)]

    assert found == [ticks(schedule, *span) for span in spans(zone)]


@needs_systemd
@pytest.mark.parametrize("seed", SEEDS)
def test_systemd_starts_a_job_at_its_ticks(seed):
    schedule, zone = drawn(seed)
    if zone == "Pacific/Chatham":
        schedule, zone = schedule.replace(zone, "Asia/Tokyo"), "Asia/Tokyo"

    found = [by_systemd(schedule, *span) for span in spans(zone)]

    assert found == [ticks(schedule, *span) for span in spans(zone)]


@needs_systemd
@pytest.mark.parametrize(
    "schedule",
    [
        *("0 6 L * *", "0 6 LW * *", "0 6 * * 1#2", "0 6 * * 5L", "0 6 15,L * *", "0 6 1 * 1#1"),
        *("0 0 */2 * 1", "0 6 L * */2", "0 6 LW * */2", "@yearly", "0 6 * * 1#5,3"),
        *("30 2 * * * Europe/Berlin", "0 0 * * * America/Santiago", "1 day America/Santiago"),
    ],
)
def test_systemd_has_words_for_days_that_others_have_none_for(schedule):
    found = by_systemd(schedule, BEGIN, at("2025-01-01"))

    assert found == ticks(schedule, BEGIN, at("2025-01-01"))


def test_systemd_is_not_told_what_it_does_not_get_over():
    # The clock there is put forward at 2:45.
    schedule = "50 2 * * * Pacific/Chatham"

    with pytest.raises(UsageError, match="systemd does not get over"):
        rendered("systemd", schedule)


@pytest.mark.parametrize("schedule", ["0 6 L * *", "0 6 * * 1#2", "0 6 LW * * Europe/Berlin"])
def test_cron_asks_seeknal_about_days_that_it_has_no_words_for(schedule):
    found = by_crontab(schedule, "UTC", BEGIN, at("2024-06-01"))

    assert found == ticks(schedule, BEGIN, at("2024-06-01"))


@pytest.mark.parametrize("seed", SEEDS)
def test_kubernetes_starts_a_job_at_its_ticks_but_where_the_clock_changes(seed):
    schedule, zone = drawn(seed)

    found = [by_kubernetes(schedule, *span) for span in spans(zone)]

    assert [[tick for tick in each if not near_change(tick, zone)] for each in found] == [
        [tick for tick in ticks(schedule, *span) if not near_change(tick, zone)]
        for span in spans(zone)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_github_starts_a_workflow_at_its_ticks(seed):
    schedule, zone = drawn(seed)
    if export_of(schedule).jobs[0].shortest < 300:
        schedule = f"*/15 {schedule.split(maxsplit=1)[1]}"
        if not schedule.startswith("*/15 "):
            return

    found = [by_github(schedule, *span) for span in spans(zone)]

    assert found == [ticks(schedule, *span) for span in spans(zone)]


@pytest.mark.parametrize(
    ("format", "told"),
    [
        ("kubernetes", ["Kubernetes leaves it out", "Kubernetes runs it twice"]),
        ("airflow", ["Airflow runs it as much later", "Airflow runs it the second time alone"]),
        ("github-actions", ["GitHub Actions does not say whether it runs it once or twice"]),
        ("crontab", []),
        ("systemd", []),
    ],
)
def test_where_a_program_goes_its_own_way_it_is_told_with_the_day(format, told):
    export = export_of("30 2 * * * Europe/Berlin")

    found = list(differences(FORMATS[format], export))

    assert [note.split(": ")[1] for note in found] == told
    assert ["2024-03-31" in note or "2024-10-27" in note for note in found] == [True] * len(told)


def test_what_airflow_makes_of_hours_of_some_days_is_told():
    export = export_of("30 * * * 1-5 Europe/Berlin")

    (note,) = differences(FORMATS["airflow"], export)

    assert note == (
        "on 2024-03-31 the clock of 30 * * * 1-5 Europe/Berlin is changed: Airflow starts the"
        " first run after that as much too early or late"
    )


def test_kubernetes_leaves_out_and_repeats_what_the_note_says():
    schedule = "30 2 * * * Europe/Berlin"

    spring = by_kubernetes(schedule, at("2024-03-31"), at("2024-04-01"))
    autumn = by_kubernetes(schedule, at("2024-10-27"), at("2024-10-28"))

    assert spring == []
    assert autumn == [at("2024-10-27 00:30"), at("2024-10-27 01:30")]


@pytest.mark.parametrize("schedule", ["0 6 * * * Europe/Berlin", "*/15 * * * * Europe/Berlin"])
def test_what_no_change_of_a_clock_reaches_has_no_notes(schedule):
    export = export_of(schedule)

    found = [note for format in FORMATS.values() for note in differences(format, export)]

    assert found == []


def test_what_ticks_every_hour_is_told_in_utc():
    schedule = "*/30 * * * * Asia/Kathmandu"

    (text,) = rendered("github-actions", schedule).values()

    # The clock there is 5 hours and 45 minutes ahead.
    assert yaml.safe_load(text)["on"]["schedule"] == [{"cron": "15,45 * * * *"}]


def test_events_of_two_zones_with_the_same_fields_are_told_apart():
    schedules = ("0 6 * * *", "0 6 * * * Europe/Berlin", "0 6 * * * Asia/Tokyo")

    (text,) = rendered("github-actions", *schedules).values()

    events = yaml.safe_load(text)["on"]["schedule"]
    assert len({event["cron"] for event in events}) == 3
    assert [
        debian.fires(event["cron"], event.get("timezone", "UTC"), BEGIN, BEGIN + 9 * DAY)
        for event in events
    ] == [ticks(schedule, BEGIN, BEGIN + 9 * DAY) for schedule in schedules]


def test_a_line_of_cron_never_waits_until_two_more_wait():
    (text,) = rendered("crontab", "*/5 * * * *", "@daily").values()

    waits = re.findall(r"--lock-timeout (\w+)", text)

    assert waits == ["5m", "1h"]


def test_names_of_schedules_are_never_those_of_others():
    texts = {
        drawn(seed)[0].replace("*/", sign) for seed in range(300) for sign in ("*/", "0-59/")
    } | {"0 6 * * * Etc/GMT+5", "0 6 * * * Etc/GMT-5", "1,2 * * * *", "1-2 * * * *", "1 2 * * *"}

    names = {slug(text) for text in texts}

    assert len(names) == len(texts)
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?", name) for name in names)


def test_a_table_of_dags_is_plain_data():
    (text,) = rendered("airflow", "0 6 * * * Europe/Berlin").values()

    assigned = {
        line.targets[0].id: ast.literal_eval(line.value)
        for line in ast.parse(text).body
        if isinstance(line, ast.Assign)
    }

    assert [(job["cron"], job["timezone"]) for job in assigned["JOBS"]] == [
        ("0 6 * * *", "Europe/Berlin")
    ]


def test_a_time_that_is_left_out_and_one_that_is_shown_twice_are_found():
    (job,) = export_of("30 2 * * * Europe/Berlin").jobs

    found = [(doubt.what, doubt.moment) for doubt in doubts(job.timing, BEGIN, at("2025-01-01"))]

    assert found == [("skipped", at("2024-03-31 01:00")), ("repeated", at("2024-10-27 01:00"))]
