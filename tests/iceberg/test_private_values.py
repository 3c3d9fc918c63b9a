"""Why an Iceberg table does not take rows is told without the values that nobody may see."""

import pytest

PEOPLE = (
    "kind: transform\nname: people\n"
    "columns:\n  seen: {pii: true}\n"
    "transform: SELECT i AS id, SEEN AS seen FROM range(2) AS t(i)\n"
    "materializations:\n"
    "  - {type: iceberg, table: atlas.out.people, mode: MODE}\n"
)
REFUSED = {
    "key": ("'anna@secret'", "upsert_by_key, unique_keys: [seen]", "seen = ***", "anna"),
    "endless": ("'-infinity'::DATE", "append", "such as ***", "infinity"),
    "partition": (
        "DATE '0044-03-15 (BC)'",
        "append, partition_by: [day(seen)]",
        "such as ***",
        "03-15",
    ),
    "exact": ("0.7316::DOUBLE", "append, partition_by: [seen]", "such as ***", "0.7316"),
}


def everything(made):
    """All that a run leaves behind about itself, and what it and the list of deliveries print."""
    outcomes = [
        made.run("run"),
        made.run("run", "--format", "json"),
        made.run("deliveries", "list", "--format", "json"),
    ]
    printed = "".join(outcome.stdout + outcome.stderr for outcome in outcomes)
    folders = [made.path / "target" / "history", made.path / ".seeknal" / "deliveries"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in files if path.suffix != ".parquet")
    return outcomes[0].stdout + outcomes[0].stderr, printed + kept.decode(errors="replace")


@pytest.mark.parametrize(("seen", "mode", "shown", "hidden"), REFUSED.values(), ids=REFUSED)
def test_rows_are_refused_without_private_values(seeknal_project, seen, mode, shown, hidden):
    people = PEOPLE.replace("SEEN", seen).replace("MODE", mode)
    made = seeknal_project({"seeknal/people.yml": people})

    screen, told = everything(made)

    assert shown in told
    assert hidden not in screen
    assert hidden not in told


@pytest.mark.parametrize(("seen", "mode", "shown", "hidden"), REFUSED.values(), ids=REFUSED)
def test_rows_are_refused_with_other_values(seeknal_project, seen, mode, shown, hidden):
    people = PEOPLE.replace("SEEN", seen).replace("MODE", mode).replace("pii: true", "type: X")
    made = seeknal_project({"seeknal/people.yml": people})

    outcome = made.run("run")

    assert hidden in outcome.stderr
