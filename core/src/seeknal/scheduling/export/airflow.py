"""A file of Python that Apache Airflow takes its DAGs from, 2.9 and 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.intervals.timings import cron_text
from seeknal.scheduling.export.jobs import File, header, told
from seeknal.scheduling.export.plain import plain
from seeknal.scheduling.export.waits import lock_timeout

if TYPE_CHECKING:
    from seeknal.scheduling.export.jobs import Export, Job


def render(export: Export) -> tuple[File, ...]:
    """One file with a DAG for each job, none of which runs twice at once."""
    text = _TEXT.format(
        header=header(export, "airflow", "Its place is the folder of DAGs."),
        program=repr(list(export.program)),
        folder=repr(str(export.folder)),
        jobs="".join(_job(export, job) for job in export.jobs),
    )
    return (File(name=f"{export.name.replace('-', '_')}.py", text=text),)


def _job(export: Export, job: Job) -> str:
    timing = plain(job, "Airflow", export.now)
    values = {
        "dag_id": export.name_of(job),
        "description": f"{job.timing}: {told(job)}",
        "cron": cron_text(timing),
        "timezone": timing.timezone,
        "arguments": [*export.run(job), *lock_timeout(job)],
    }
    lines = (f"        {name!r}: {value!r},\n" for name, value in values.items())
    return f"    {{\n{''.join(lines)}    }},\n"


_TEXT = """{header}
import shlex
from datetime import datetime, timedelta, timezone

from airflow.timetables.trigger import CronTriggerTimetable

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    from airflow.operators.bash import BashOperator

# Both are of the machine on which workers run.
PROGRAM = {program}
FOLDER = {folder}

JOBS = [
{jobs}]


class Run(BashOperator):
    # What is run is no template.
    template_fields = ()
    template_ext = ()


for job in JOBS:
    with DAG(
        dag_id=job["dag_id"],
        description=job["description"],
        schedule=CronTriggerTimetable(job["cron"], timezone=job["timezone"]),
        start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
        catchup=False,
        max_active_runs=1,
        tags=["seeknal"],
    ):
        Run(
            task_id="run",
            bash_command=shlex.join([*PROGRAM, *job["arguments"]]),
            cwd=FOLDER,
            append_env=True,
            retries=2,
            retry_delay=timedelta(minutes=5),
        )
"""
