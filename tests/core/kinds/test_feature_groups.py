"""Feature groups over real rows: what they hold, what they check, what they refuse."""

import pytest

pytestmark = pytest.mark.versions

GROUP = """kind: feature_group
name: f
inputs: [source.events]
entity: {name: customer, join_keys: [customer_id]}
event_time: at
"""
LACKING = "customer_id,at,amount\n1,2026-01-01,10\n,2026-01-02,20\n3,,30\n,,40\n"


def columns(made, dicts):
    made.run("run").assert_ok()
    return dicts(made, "feature_group.f")[0]


def test_keys_and_times_come_first_and_only_declared_features_follow(over_events, dicts):
    made = over_events(GROUP + "created_time: loaded\nfeatures: [kind, {name: amount}]\n")

    found = columns(made, dicts)

    assert list(found) == ["customer_id", "at", "loaded", "kind", "amount"]


def test_without_features_every_column_is_one(over_events, dicts):
    made = over_events(GROUP)

    found = columns(made, dicts)

    assert list(found) == ["customer_id", "at", "due", "amount", "kind", "loaded"]


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("str", "10"), ("float", 10.0), ("int32", 10), ("'decimal(9, 2)'", 10), ("double", 10.0)],
)
def test_declared_types_are_cast(over_events, dicts, dtype, value):
    made = over_events(GROUP + f"features: {{amount: {{dtype: {dtype}}}}}\n")

    found = columns(made, dicts)

    assert found["amount"] == value
    assert type(found["amount"]).__name__ in (type(value).__name__, "Decimal")


def test_a_declared_type_holds_for_a_key_and_the_event_time_as_well(over_events, dicts):
    made = over_events(GROUP + "features: {customer_id: str, at: timestamp, amount: null}\n")

    found = columns(made, dicts)

    assert list(found) == ["customer_id", "at", "amount"]
    assert found["customer_id"] == "1"
    assert found["at"].hour == 0


def test_names_are_found_whatever_their_case(over_events, dicts):
    made = over_events(GROUP.replace("customer_id", "CUSTOMER_ID") + "features: [Amount, amount]\n")

    found = columns(made, dicts)

    assert list(found) == ["customer_id", "at", "amount"]


def test_all_that_stored_rows_lack_is_counted(over_events):
    made = over_events(GROUP, LACKING)

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "customer_id is NULL in 2 of 4 rows, at is NULL in 2 of 4 rows" in outcome.stderr
    assert "SK0737" in outcome.stderr


def test_a_null_in_the_rows_of_a_query_stops_the_node(over_events):
    made = over_events(GROUP + "transform: SELECT * FROM source.events -- all\n", LACKING)

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "of feature_group.f is NULL in some rows" in outcome.stderr
    assert not list(made.path.glob("target/cache/feature_group/**/*.parquet"))


def test_an_entity_that_is_only_a_name_has_its_id_for_a_key(over_events):
    made = over_events(
        GROUP.replace("{name: customer, join_keys: [customer_id]}", "customer"), LACKING
    )

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "customer_id is NULL in 2 of 4 rows" in outcome.stderr


def test_an_entity_without_a_known_key_is_warned_about(over_events):
    made = over_events(GROUP.replace("{name: customer, join_keys: [customer_id]}", "person"))

    outcome = made.run("run").assert_ok()

    assert "entity person has no join_keys" in outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GROUP + "features: {amount: {dtype: intt}}", "feature 'amount': 'intt' is no type"),
        (GROUP + "features: {amount: 'INT) AS x, (SELECT 1'}", "is no type"),
        (GROUP + "features: [{dtype: int}]", "each feature needs its name"),
        (GROUP + "features: {amount: {dtyp: int}}", "did you mean dtype"),
        (GROUP.replace("entity", "entitty"), "did you mean entity?"),
        (GROUP + "ttl: soon", "a duration such as 3d"),
    ],
)
def test_what_is_written_wrong_is_refused_before_anything_runs(over_events, text, said):
    made = over_events(text + "\n")

    outcome = made.run("run")

    assert outcome.exit_code == 2
    assert said in outcome.stderr
    assert "seeknal/nodes.yml:" in outcome.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GROUP.replace("customer_id", "customer"), "key 'customer' of feature_group.f"),
        (GROUP + "created_time: load\n", "created time 'load' of feature_group.f"),
        (GROUP + "features: [amuont]\n", "did you mean amount?"),
    ],
)
def test_a_column_that_is_not_there_fails_the_node(over_events, text, said):
    made = over_events(text)

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert said in outcome.stderr


@pytest.mark.parametrize(
    "change", [("description: one", "description: two"), ("tags: [a]", "tags: [b]"), ("90d", "30d")]
)
def test_what_cannot_change_rows_rebuilds_nothing(over_events, change):
    made = over_events(
        GROUP + "ttl: 90d\nfeatures: {amount: {dtype: int, description: one, tags: [a]}}\n"
    )
    made.run("run").assert_ok()
    file = made.path / "seeknal/nodes.yml"
    file.write_text(file.read_text().replace(*change))

    outcome = made.run("run", "--format", "json").assert_ok()

    assert {entry["status"] for entry in outcome.json()["nodes"]} == {"reused"}


def test_a_changed_type_rebuilds_the_group(over_events, dicts):
    made = over_events(GROUP + "features: {amount: {dtype: int}}\n")
    made.run("run").assert_ok()
    file = made.path / "seeknal/nodes.yml"
    file.write_text(file.read_text().replace("dtype: int", "dtype: str"))

    found = columns(made, dicts)

    assert found["amount"] == "10"
