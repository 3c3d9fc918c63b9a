"""A plan mentions every key of a node that has changed, and what does not matter builds nothing."""

import pytest

pytestmark = pytest.mark.inside

SOURCE = "kind: source\nname: s\nsource: csv\ntable: data/s.csv\n{}"
TRANSFORM = "kind: transform\nname: t\ntransform: SELECT * FROM ref('source.s')\n{}"
EXPOSURE = "kind: exposure\nname: e\ninputs: [transform.t]\n{}"
GROUP = (
    "kind: aggregation\nname: g\ninputs: [source.s]\ngroup_by: id\n"
    "features: {{v: {{agg: [sum], description: {}}}}}\n"
)
TRANSFORMS = {
    "description": ("description: one\n", "description: two\n"),
    "owner": ("", "owner: ann\n"),
    "tags": ("tags: [a]\n", "tags: [a, b]\n"),
    "meta": ("meta: {a: 1}\n", "meta: {a: 2}\n"),
    "layer": ("layer: silver\n", "layer: gold\n"),
    "domain": ("domain: sales\n", ""),
    "business_purpose": ("", "business_purpose: to know\n"),
    "columns": ("columns: {id: the key}\n", "columns: {id: its key}\n"),
    "schedule": ("schedule: '@daily'\n", "schedule: '@hourly'\n"),
    "timezone": ("timezone: UTC\n", "timezone: Asia/Jakarta\n"),
    "freshness": ("freshness: {warn_after: 1d}\n", "freshness: {error_after: 1d}\n"),
    "keys": ("keys: [id]\n", "keys: [v]\n"),
    "provenance": ("provenance: true\n", "provenance: false\n"),
    "volatile": ("", "volatile: false\n"),
    "params": ("params: {x: 1}\n", "params: {x: 2}\n"),
    "audits": ("", "audits: [{type: row_count, min: 1}]\n"),
}
TRACKED = (
    "kind: transform\nname: t\ntime_column: at\n"
    "transform: SELECT *, TIMESTAMP '2024-01-05' AS at FROM ref('source.s')\n{}"
)
DAILY = "schedule: '@daily'\nstart: 2024-01-01\n"
RANGES = {
    "schedule": (DAILY, DAILY.replace("'@daily'", "0 6 * * *")),
    "start": (DAILY, DAILY.replace("01-01", "01-03")),
    "lookback": (DAILY, f"{DAILY}lookback: 2d\n"),
    "batch_size": (DAILY, f"{DAILY}batch_size: 7\n"),
    "allow_partial": (f"{DAILY}allow_partial: true\n", DAILY),
    "restate": (DAILY, f"{DAILY}restate: never\n"),
}


def project(seeknal_project, files):
    return seeknal_project({"data/s.csv": "id,v\n1,2\n", **files})


def change(made, name, text):
    """What a plan says of a file's new text, and then a run does."""
    made.run("run").assert_ok()
    made.write({f"seeknal/{name}.yml": text})
    planned = made.run("plan", "--format", "json").assert_ok().json()
    ran = made.run("run", "--format", "json").assert_ok().json()
    again = made.run("plan", "--format", "json").assert_ok().json()
    assert again["changes"] == []
    statuses = {step["node"]: step["status"] for step in ran["nodes"]}
    return {entry["node"]: entry for entry in planned["changes"]}, statuses


@pytest.mark.parametrize("key", TRANSFORMS)
def test_a_changed_key_of_a_transform_is_mentioned_and_builds_nothing(seeknal_project, key):
    before, after = (TRANSFORM.format(text) for text in TRANSFORMS[key])
    files = {"seeknal/s.yml": SOURCE.format(""), "seeknal/t.yml": before}
    made = project(seeknal_project, files)

    changes, statuses = change(made, "t", after)

    assert changes["transform.t"]["category"] == "METADATA"
    assert key in changes["transform.t"]["reason"]
    assert statuses["transform.t"] == ("success" if key == "audits" else "reused")


@pytest.mark.parametrize("key", RANGES)
def test_a_changed_key_of_ranges_is_mentioned_and_builds_nothing(seeknal_project, key):
    before, after = (TRACKED.format(text) for text in RANGES[key])
    files = {"seeknal/s.yml": SOURCE.format(""), "seeknal/t.yml": before}
    made = project(seeknal_project, files)

    changes, statuses = change(made, "t", after)

    assert changes["transform.t"]["category"] == "METADATA"
    assert changes["transform.t"]["reason"] == key
    assert statuses["transform.t"] == "reused"


@pytest.mark.parametrize(
    ("key", "after"),
    [
        ("schedule", DAILY.replace("@daily", "@hourly")),
        ("timezone", f"{DAILY}timezone: Asia/Jakarta\n"),
        ("schedule", "start:\n"),
    ],
)
def test_other_ranges_are_another_definition_which_a_plan_names(seeknal_project, key, after):
    files = {"seeknal/s.yml": SOURCE.format(""), "seeknal/t.yml": TRACKED.format(DAILY)}
    made = project(seeknal_project, files)

    changes, statuses = change(made, "t", TRACKED.format(after))

    assert changes["transform.t"]["category"] == "BREAKING"
    assert changes["transform.t"]["reason"] == f"{key} changed"
    assert statuses["transform.t"] == "success"


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("refresh", "refresh: manual\n", "refresh: on_change\n"),
        ("freshness", "freshness: {warn_after: 1d}\n", "freshness: {warn_after: 2d}\n"),
        ("allow_outside", "", "allow_outside: true\n"),
        (
            "columns",
            "schema: [{name: id, data_type: bigint, description: a}]\n",
            "schema: [{name: id, data_type: bigint, description: b}]\n",
        ),
    ],
)
def test_a_changed_key_of_a_source_is_mentioned(seeknal_project, key, before, after):
    made = project(seeknal_project, {"seeknal/s.yml": SOURCE.format(before)})

    changes, statuses = change(made, "s", SOURCE.format(after))

    assert changes["source.s"]["category"] == "METADATA"
    assert key in changes["source.s"]["reason"]
    assert statuses["source.s"] == "reused"


@pytest.mark.parametrize("key", ["url", "maturity", "owner"])
def test_a_changed_key_of_an_exposure_is_mentioned(seeknal_project, key):
    files = {
        "seeknal/s.yml": SOURCE.format(""),
        "seeknal/t.yml": TRANSFORM.format(""),
        "seeknal/e.yml": EXPOSURE.format(f"{key}: a\n"),
    }
    made = project(seeknal_project, files)

    changes, _ = change(made, "e", EXPOSURE.format(f"{key}: b\n"))

    assert key in changes["exposure.e"]["reason"]


def test_a_changed_description_of_a_feature_is_mentioned(seeknal_project):
    files = {"seeknal/s.yml": SOURCE.format(""), "seeknal/g.yml": GROUP.format("one")}
    made = project(seeknal_project, files)

    changes, statuses = change(made, "g", GROUP.format("two"))

    assert "features" in changes["aggregation.g"]["reason"]
    assert statuses["aggregation.g"] == "reused"
