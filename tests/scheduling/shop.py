"""The project of a soak: nodes of every sort that a schedule meets, and what they have to hold."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

from attrs import frozen

BEGIN = datetime(2026, 3, 26, 20, tzinfo=UTC)
"""Within three days clocks are put forward in Jerusalem, Beirut (at midnight) and Berlin."""
FIRST, SECOND = datetime(2026, 3, 25, tzinfo=UTC), datetime(2026, 3, 26, tzinfo=UTC)
"""The days from which data are processed."""
HOUR = timedelta(hours=1)


@frozen(kw_only=True)
class Due:
    """A node with a schedule. ``unit``: the schedule that ticks where its ranges begin."""

    node: str
    schedule: str
    zone: str = "UTC"
    unit: str | None = None
    start: datetime = FIRST
    lag: timedelta = timedelta(0)
    """How long after a range's end its inputs have it."""


def _python(name: str, schedule: str, zone: str = "UTC", append: bool = False) -> str:
    target = (
        f'@materialize(type="postgresql", connection="pg", table="out.{name}", mode="append")\n'
        if append
        else ""
    )
    return (
        "import soak_probe\n\nfrom seeknal import materialize, transform\n\n\n"
        f'@transform(name="{name}", schedule="{schedule}", timezone="{zone}", volatile=True)\n'
        f"{target}def {name}(ctx):\n"
        f'    soak_probe.node("{name}", ctx)\n'
        '    return [{"id": soak_probe.unique()}]\n'
    )


def _tracked(
    name: str,
    schedule: str,
    source: str,
    zone: str = "UTC",
    *,
    target: str = "",
    unit: str = "hour",
    more: str = "",
) -> str:
    delivered = (
        "materializations:\n  - type: postgresql\n    connection: pg\n"
        f"    table: out.{target}\n    mode: incremental_by_time\n"
        if target
        else ""
    )
    return (
        f"kind: transform\nname: {name}\ntime_column: t\nschedule: '{schedule}'\n"
        f"timezone: {zone}\n{delivered}"
        f"sql: |\n  SELECT {unit} AS t, count(*) AS n, sum(v){more} AS total\n"
        f"  FROM ref('{source}') GROUP BY 1\n"
    )


def _truncated(unit: str, zone: str = "UTC") -> str:
    if zone == "UTC":
        return f"date_trunc('{unit}', t)"
    begin = f"date_trunc('{unit}', t AT TIME ZONE 'UTC' AT TIME ZONE '{zone}')"
    return f"({begin} AT TIME ZONE '{zone}') AT TIME ZONE 'UTC'"


QUARTER = "time_bucket(INTERVAL 15 MINUTE, t)"
FILES = {
    "seeknal_project.yml": "name: soak\nversion: 1\n",
    "seeknal/sources/events.yml": (
        "kind: source\nname: events\nsource: csv\ntable: data/events.csv\n"
        "columns: {t: TIMESTAMP, v: BIGINT}\n"
        "time_column: t\nschedule: '@hourly'\nstart: 2026-03-25\n"
    ),
    "seeknal/sources/payments.yml": (
        "kind: source\nname: payments\nsource: postgresql\nconnection: pg\ntable: public.payments\n"
        "time_column: t\nschedule: '*/15 * * * *'\nstart: 2026-03-26\n"
    ),
    "seeknal/sources/visits.yml": (
        "kind: source\nname: visits\nsource: csv\n"
        "table: 'data/visits/{time:%Y-%m-%d}.csv'\ncolumns: {t: TIMESTAMP, v: BIGINT}\n"
        "time_column: t\nschedule: '10 * * * *'\nstart: 2026-03-26\n"
    ),
    "seeknal/sources/rates.yml": (
        "kind: source\nname: rates\nsource: csv\ntable: data/rates.csv\n"
    ),
    "seeknal/transforms/quarter.yml": _tracked(
        "quarter", "*/15 * * * *", "source.payments", target="quarter", unit=QUARTER
    ),
    "seeknal/transforms/hourly.yml": _tracked(
        "hourly", "@hourly", "source.events", target="hourly", unit=_truncated("hour")
    ),
    "seeknal/transforms/early.yml": _tracked(
        "early", "0 * * * *", "source.visits", unit=_truncated("hour")
    ),
    "seeknal/transforms/berlin.yml": _tracked(
        "berlin", "@daily", "source.events", "Europe/Berlin", unit="{{ interval_start }}"
    ),
    "seeknal/transforms/beirut.yml": _tracked(
        "beirut", "@daily", "source.events", "Asia/Beirut", unit="{{ interval_start }}"
    ),
    "seeknal/transforms/jerusalem.yml": _tracked(
        "jerusalem", "6 hours", "source.events", "Asia/Jerusalem", unit="{{ interval_start }}"
    ),
    "seeknal/transforms/summary.yml": (
        "kind: transform\nname: summary\nsql: |\n"
        "  SELECT count(*) AS hours, sum(total) AS total, max(rate) AS rate\n"
        "  FROM ref('transform.hourly') CROSS JOIN ref('source.rates')\n"
    ),
    "seeknal/exposures/report.yml": (
        "kind: exposure\nname: report\ntype: file\nparams: {path: outputs/report.csv}\n"
        "inputs: [{ref: transform.summary}]\n"
    ),
    "seeknal/pipelines/kept.py": dedent(
        """\
        import soak_probe

        from seeknal import transform


        @transform(
            name="kept",
            inputs=["source.events"],
            time_column="t",
            schedule="@hourly",
            start="2026-03-26",
            batch_size=1,
            volatile=False,
        )
        def kept(ctx):
            soak_probe.node("kept", ctx)
            return ctx.ref("source.events").aggregate("date_trunc('hour', t) AS t, sum(v) AS total")
        """
    ),
    "seeknal/pipelines/beat.py": _python("beat", "*/20 * * * *", append=True),
    "seeknal/pipelines/flaky.py": _python("flaky", "*/30 * * * *", "Europe/Berlin"),
    "seeknal/pipelines/night.py": _python("night", "15,30,45 0-4 * * *", "Europe/Berlin"),
    "seeknal/pipelines/six.py": _python("six", "6 hours", "Asia/Beirut"),
    "seeknal/pipelines/manual.py": (
        "import soak_probe\n\nfrom seeknal import transform\n\n\n"
        '@transform(name="manual", volatile=True)\ndef manual(ctx):\n'
        '    soak_probe.node("manual", ctx)\n    return [{"id": soak_probe.unique()}]\n'
    ),
}
QUARTERS = "*/15 * * * *"
HOURS = "0 * * * *"
DUE = (
    Due(node="source.events", schedule="@hourly", unit=HOURS),
    Due(node="source.payments", schedule=QUARTERS, unit=QUARTERS, start=SECOND),
    Due(node="source.visits", schedule="10 * * * *", unit=HOURS, start=SECOND),
    Due(node="transform.quarter", schedule=QUARTERS, unit=QUARTERS, start=SECOND),
    Due(node="transform.hourly", schedule="@hourly", unit=HOURS),
    Due(
        node="transform.early",
        schedule=HOURS,
        unit=HOURS,
        start=SECOND,
        lag=timedelta(minutes=10),
    ),
    Due(node="transform.berlin", schedule="@daily", zone="Europe/Berlin", unit="@daily"),
    Due(node="transform.beirut", schedule="@daily", zone="Asia/Beirut", unit="@daily"),
    Due(node="transform.jerusalem", schedule="6 hours", zone="Asia/Jerusalem", unit="6 hours"),
    Due(node="transform.kept", schedule="@hourly", unit=HOURS, start=SECOND),
    Due(node="transform.beat", schedule="*/20 * * * *"),
    Due(node="transform.flaky", schedule="*/30 * * * *", zone="Europe/Berlin"),
    Due(node="transform.night", schedule="15,30,45 0-4 * * *", zone="Europe/Berlin"),
    Due(node="transform.six", schedule="6 hours", zone="Asia/Beirut"),
)
APPENDED = ("beat", "added")
"""Nodes that give one row a run to a table which only grows."""


@frozen(kw_only=True)
class Edit:
    """Files that become others (None: that are deleted), and what is due from then on."""

    name: str
    files: dict[str, str | None]
    due: tuple[Due, ...] = ()
    gone: tuple[str, ...] = ()
    rebuilds: tuple[str, ...] = ()
    """Nodes whose ranges are all processed once more."""


EDITS = (
    Edit(
        name="a new node",
        files={"seeknal/pipelines/added.py": _python("added", "0,40 * * * *", append=True)},
        due=(Due(node="transform.added", schedule="0,40 * * * *"),),
    ),
    Edit(
        name="another schedule",
        files={"seeknal/pipelines/beat.py": _python("beat", "*/30 * * * *", append=True)},
        due=(Due(node="transform.beat", schedule="*/30 * * * *"),),
    ),
    Edit(
        name="another schedule of ranges",
        files={
            "seeknal/transforms/early.yml": _tracked(
                "early", "20 * * * *", "source.visits", unit=_truncated("hour")
            )
        },
        due=(Due(node="transform.early", schedule="20 * * * *", unit=HOURS, start=SECOND),),
    ),
    Edit(
        name="a node that is deleted",
        files={"seeknal/pipelines/six.py": None},
        gone=("transform.six",),
    ),
    Edit(
        name="another query",
        files={
            "seeknal/transforms/quarter.yml": _tracked(
                "quarter",
                "*/15 * * * *",
                "source.payments",
                target="quarter",
                unit=QUARTER,
                more=" + 0",
            )
        },
        rebuilds=("transform.quarter",),
    ),
)
BROKEN = ("seeknal/transforms/hourly.yml", "kind: transform\nname: [hourly\n")
"""A file that cannot be read, until it is put back as it was."""


def value(moment: datetime) -> int:
    """What is counted in a minute."""
    minutes = int(moment.timestamp()) // 60
    return minutes * 7919 % 1009


def moments(start: datetime, end: datetime) -> list[datetime]:
    """When rows are: every five minutes, and never at an hour alone."""
    return [start + timedelta(minutes=5 * step) for step in range(int((end - start) / HOUR * 12))]


def lines(start: datetime, end: datetime) -> str:
    return "".join(f"{at:%Y-%m-%d %H:%M:%S},{value(at)}\n" for at in moments(start, end))


def make(root: Path, until: datetime) -> None:
    """The project's files, with data that grows later and data that is there already."""
    for name, text in FILES.items():
        write(root / name, text)
    write(root / "data/rates.csv", "rate\n1\n")
    write(root / "data/events.csv", "t,v\n" + lines(FIRST, BEGIN + 2 * HOUR))
    day = SECOND
    while day < until + timedelta(days=2):
        after = day + timedelta(days=1)
        write(root / f"data/visits/{day:%Y-%m-%d}.csv", "t,v\n" + lines(day, after))
        day = after


def prepare(database, until: datetime) -> None:
    """The tables of the project, with the payments of all days."""
    database.run("CREATE SCHEMA out; CREATE TABLE public.payments (t timestamp, v bigint)")
    with database.connect() as connection, connection.cursor() as cursor:
        copy = "COPY public.payments FROM STDIN WITH (FORMAT csv)"
        with cursor.copy(copy) as to:
            to.write(lines(SECOND, until + timedelta(days=2)))


def write(path: Path, text: str) -> None:
    """A file that is there as a whole or as it was before, as editors write them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name that no pattern of the project fits.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(text)
    temporary.replace(path)
