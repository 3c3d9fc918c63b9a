"""A draft of a PostgreSQL source names its connection, and loads once it is filled in."""

PROFILE = "connections:\n  shop: {type: postgresql, host: h}\n"


def draft(project):
    outcome = project.run("draft", "source", "orders", "--type", "postgresql", "--stdout")
    return outcome.assert_ok().stdout


def test_the_only_connection_of_its_type_is_named(seeknal_project):
    other = "  lake: {type: iceberg}\n"
    project = seeknal_project({"profiles.yml": PROFILE + other})

    text = draft(project)

    assert "\nconnection: shop\ntable: SCHEMA.TABLE\n" in text


def test_of_several_connections_one_is_to_be_chosen(seeknal_project):
    project = seeknal_project({"profiles.yml": f"{PROFILE}  crm: {{type: postgres, host: h}}\n"})

    text = draft(project)

    assert "\nconnection: FILL_IN  # one of profiles.yml: crm, shop\n" in text


def test_without_one_the_draft_says_what_a_connection_is(seeknal_project):
    text = draft(seeknal_project({}))

    assert (
        "\nconnection: FILL_IN  # in profiles.yml: connections: {NAME: {type: postgresql, ...}}\n"
        in text
    )


def test_a_broken_profile_keeps_nobody_from_drafting(seeknal_project):
    text = draft(seeknal_project({"profiles.yml": "connections: [\n"}))

    assert "\nconnection: FILL_IN  #" in text


def test_what_was_drafted_is_valid_when_its_table_is_named(seeknal_project):
    project = seeknal_project({"profiles.yml": PROFILE})
    project.run("draft", "source", "orders", "--type", "postgresql").assert_ok()

    outcome = project.run("validate", "--format", "json")

    assert outcome.json()["problems"] == []
