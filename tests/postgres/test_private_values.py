"""Why a table does not take rows is told without the values that nobody may see."""

import pytest

SECRET = "anna@secret.example"
PEOPLE = (
    "kind: transform\nname: people\n"
    "columns:\n  mail: {pii: true}\n"
    "transform: SELECT 7 AS id, 'anna@secret.example' AS mail FROM range(ROWS)\n"
    "materializations:\n"
    "  - {type: postgresql, connection: pg, table: out.people, mode: MODE}\n"
)
UPSERT = "upsert_by_key, unique_keys: [mail]"
RAISED = (
    "CREATE TABLE out.people (id int, mail text);"
    "CREATE FUNCTION out.refuse() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'not %', NEW.mail USING HINT = 'mend ' || NEW.mail; END $$;"
    "CREATE TRIGGER refuse BEFORE INSERT ON out.people FOR EACH ROW EXECUTE FUNCTION out.refuse()"
)
REFUSED = {
    "check": (
        "CREATE TABLE out.people (id int CONSTRAINT small CHECK (id < 5), mail text)",
        "small",
    ),
    "not null": ("CREATE TABLE out.people (id int, mail text, age int NOT NULL)", "age"),
    "unique": ("CREATE TABLE out.people (id int, mail text CONSTRAINT once UNIQUE)", "once"),
    "too long": ("CREATE TABLE out.people (id int, mail varchar(5))", "people.mail"),
    "unread": ("CREATE TABLE out.people (id int, mail uuid)", "people.mail is uuid"),
    "raised": (RAISED, "out.people"),
}


def everything(made):
    """All that a run leaves behind about itself, and what it and the list of deliveries print."""
    outcomes = [
        made.run("run"),
        made.run("run", "--format", "json"),
        made.run("deliveries", "list"),
        made.run("deliveries", "list", "--format", "json"),
        made.run("deliveries", "retry"),
    ]
    printed = "".join(outcome.stdout + outcome.stderr for outcome in outcomes)
    folders = [made.path / "target" / "history", made.path / ".seeknal"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in files if path.suffix != ".parquet")
    return printed + kept.decode(errors="replace")


@pytest.mark.parametrize(("table", "named"), REFUSED.values(), ids=REFUSED)
def test_what_the_server_refuses_is_told_without_private_values(project, database, table, named):
    database.run(f"CREATE SCHEMA out; {table}")
    made = project({"seeknal/people.yml": PEOPLE.replace("MODE", "append").replace("ROWS", "2")})

    told = everything(made)

    assert named in told
    assert "secret.example" not in told
    assert "anna" not in told


def test_a_key_of_several_rows_is_told_without_private_values(project, database):
    made = project({"seeknal/people.yml": PEOPLE.replace("MODE", UPSERT).replace("ROWS", "2")})

    told = everything(made)

    assert "several rows have one key: mail = *** (2 rows)" in told
    assert SECRET not in told


def test_a_key_of_several_rows_shows_values_that_are_not_private(project, database):
    by_id = UPSERT.replace("mail", "id")
    made = project({"seeknal/people.yml": PEOPLE.replace("MODE", by_id).replace("ROWS", "2")})

    outcome = made.run("run")

    assert "several rows have one key: id = 7 (2 rows)" in outcome.stderr


def test_values_that_are_private_where_they_come_from_are_private_where_they_go(project, database):
    raw = PEOPLE.split("materializations:")[0].replace("ROWS", "2")
    reader = (
        "kind: transform\nname: next\ntransform: SELECT * FROM ref('transform.people')\n"
        "materializations:\n"
        f"  - {{type: postgresql, connection: pg, table: out.people, mode: {UPSERT}}}\n"
    )
    made = project({"seeknal/people.yml": raw, "seeknal/next.yml": reader})

    told = everything(made)

    assert "mail = ***" in told
    assert SECRET not in told


def test_an_unreachable_server_is_told_of_as_always(project, database):
    made = project({"seeknal/people.yml": PEOPLE.replace("MODE", "append").replace("ROWS", "2")})
    made.write({"profiles.yml": "connections:\n  pg: {type: postgresql, host: nowhere.invalid}\n"})

    outcome = made.run("run")

    assert "nowhere.invalid" in outcome.stderr


def test_a_locked_table_is_told_of_as_always(project, database):
    database.run("CREATE SCHEMA out; CREATE TABLE out.people (id int, mail text)")
    profile = database.profile + "    lock_timeout: 1s\n"
    made = project({"seeknal/people.yml": PEOPLE.replace("MODE", "append").replace("ROWS", "1")})
    made.write({"profiles.yml": profile})
    with database.connect(autocommit=False) as other:
        other.execute("LOCK TABLE out.people IN ACCESS EXCLUSIVE MODE")

        outcome = made.run("run")

    assert "another delivery holds out.people" in outcome.stderr
    assert "lock timeout" in outcome.stderr


SOURCE = (
    "kind: source\nname: people\nsource: postgresql\nconnection: pg\n"
    "columns: {mail: {pii: true}}\nquery: SELECT mail, mail::int AS number FROM people\n"
)


def test_what_the_server_cannot_compute_is_told_without_private_values(project, database):
    database.run("CREATE TABLE people (mail text); INSERT INTO people VALUES ('anna@secret')")
    made = project({"seeknal/people.yml": SOURCE})

    told = everything(made)

    assert "mail has pii: true" in told
    assert "anna@secret" not in told


def test_keys_under_another_name_are_told_without_their_values(project, database):
    database.run("CREATE SCHEMA out")
    renamed = (
        "\n---\nkind: transform\nname: letters\n"
        "transform: SELECT mail AS contact FROM ref('transform.people')\n"
        "materializations:\n"
        "  - {type: postgresql, connection: pg, table: out.letters,"
        " mode: upsert_by_key, unique_keys: [contact]}\n"
    )
    people = PEOPLE.partition("materializations:")[0].replace("ROWS", "2")
    made = project({"seeknal/people.yml": people + renamed})

    told = everything(made)

    assert "contact = ***" in told
    assert "secret.example" not in told
