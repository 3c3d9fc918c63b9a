"""profiles.yml: where it is found, what its values mean, when it is wrong."""

import pytest

from seeknal.kernel.plugins import load_plugins
from seeknal.project.profile.profiles import load_profile
from seeknal.values.errors import ProjectError, UsageError
from seeknal.values.secret import Secret, scrub


@pytest.fixture
def profile(seeknal_project, vault):
    """The profile of a project with this profiles.yml."""

    def profile(text, files=None, explicit=None):
        return load_profile(
            seeknal_project({"profiles.yml": text, **(files or {})}).path, explicit, load_plugins()
        )

    return profile


def connection(profile, name="v"):
    return profile.connection(name, load_plugins()).options


def wrong(profile, name="v"):
    with pytest.raises(ProjectError) as caught:
        profile.connection(name, load_plugins())
    return caught.value.problems


def test_a_connection_has_its_types_options(profile):
    found = profile("connections:\n  v: {type: vault, host: there, port: 5, password: hush-hush}\n")

    options = connection(found)

    assert (options.host, options.port) == ("there", 5)
    assert isinstance(options.password, Secret)
    assert options.password.reveal() == "hush-hush"
    assert "hush-hush" not in repr(options)


def test_variables_come_from_the_environment_then_dotenv_then_the_default(profile, monkeypatch):
    monkeypatch.setenv("VAULT_HOST", "from-environment")
    found = profile(
        'connections:\n  v: {type: vault, host: "${VAULT_HOST:x}-${VAULT_DB:db}", '
        'port: "${VAULT_PORT:7}", verify: "${VAULT_VERIFY:false}", pwd: "${VAULT_PWD}"}\n',
        {".env": "VAULT_HOST=no\nexport VAULT_PORT = 8 # a comment\nVAULT_PWD='pass # word'\n"},
    )

    options = connection(found)

    assert options.host == "from-environment-db"
    assert (options.port, options.verify) == (8, False)
    assert options.password.reveal() == "pass # word"


def test_a_password_of_digits_stays_text(profile):
    found = profile(
        'connections:\n  v: {type: vault, password: "${VAULT_PIN}"}\n', {".env": "VAULT_PIN=0815\n"}
    )

    assert connection(found).password.reveal() == "0815"


def test_variables_in_lists_are_filled_in(profile):
    found = profile('connections:\n  v: {type: vault, tags: ["${VAULT_TAG:a}", b]}\n')

    assert connection(found).tags == ("a", "b")


@pytest.mark.parametrize("value", ["$HOME", "$$", "${}", "${1A}", "a{b}"])
def test_only_braced_names_are_variables(profile, value):
    found = profile(f"connections:\n  v: {{type: vault, host: '{value}'}}\n")

    assert connection(found).host == value


def test_an_empty_default_is_a_default(profile):
    found = profile('connections:\n  v: {type: vault, host: "${VAULT_NONE:}"}\n')

    assert connection(found).host == ""


def test_every_missing_variable_is_named_with_its_key_and_file_when_it_is_used(profile):
    text = """
        connections:
          v:
            type: vault
            host: ${NOT_THERE}
            password: ${NOR_THERE}
          other: {type: vault}
    """

    found = profile(text)
    problems = wrong(found)

    assert connection(found, "other").host == "localhost"
    assert [problem.code for problem in problems] == ["SK0605", "SK0605"]
    assert "NOT_THERE" in problems[0].message
    assert "NOR_THERE" in problems[1].message
    assert "${NOT_THERE:default}" in problems[0].help
    assert str(problems[0].location) == "profiles.yml:4:11"


def test_an_unknown_option_names_the_nearest(profile):
    found = profile("connections:\n  v: {type: vault, hots: x, prot: 5}\n")

    problems = wrong(found)

    assert [problem.code for problem in problems] == ["SK0201", "SK0201"]
    assert "host" in problems[0].help


def test_a_password_that_is_a_number_asks_for_quotes_without_showing_it(profile):
    found = profile("connections:\n  v: {type: vault, password: 12345678}\n")

    (problem,) = wrong(found)

    assert "12345678" not in f"{problem.message} {problem.help}"
    assert "quotes" in problem.help


@pytest.mark.parametrize(
    ("type", "distribution"),
    [
        ("postgresql", "seeknal-postgres"),
        ("postgres", "seeknal-postgres"),
        ("iceberg", "seeknal-iceberg"),
        ("starrocks", "seeknal-starrocks"),
        ("mysql", "seeknal-starrocks"),
    ],
)
def test_a_connection_of_a_missing_plugin_says_what_to_install(
    profile, monkeypatch, type, distribution
):
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, starrocks")
    found = profile(f"connections:\n  v: {{type: {type}, host: x}}\n")

    (problem,) = wrong(found)

    assert f"needs {distribution}" in problem.message


def test_an_unknown_type_names_the_nearest(profile):
    found = profile("connections:\n  v: {type: valt}\n")

    (problem,) = wrong(found)

    assert problem.code == "SK0607"
    assert problem.help == "did you mean vault?"


def test_a_connection_without_type_is_said_to_be(profile):
    found = profile("connections:\n  v: {host: x}\n")

    (problem,) = wrong(found)

    assert "no type" in problem.message


def test_an_unknown_connection_names_the_nearest(profile):
    found = profile("connections:\n  warehouse: {type: vault}\n")

    with pytest.raises(UsageError) as caught:
        found.connection("warehuose", load_plugins())

    assert "did you mean warehouse?" in caught.value.help


def test_engine_targets_stand_beside_the_sections(profile):
    found = profile("dev: {engine: duckdb}\nprod: {engine: starrocks, connection: r}\n")

    assert found.targets["dev"].engine == "duckdb"
    assert found.targets["prod"].connection == "r"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conections: {}\n", "did you mean connections or"),
        ("connections: [a]\n", "a mapping"),
        ("connections: {v: 5}\n", "a mapping"),
        ("dev: {engine: duckdb, conection: x}\n", "did you mean connection?"),
        ("- a\n", "a mapping"),
        ("a: 1\n---\nb: 1\n", "one document"),
        ("connections: {\n", "YAML"),
    ],
)
def test_a_profile_that_is_wrong_says_where(profile, text, words):
    with pytest.raises(ProjectError) as caught:
        profile(text)

    problem = caught.value.problems[0]
    said = " ".join(f"{entry.message} {entry.help}" for entry in caught.value.problems)
    assert words in said
    assert problem.location.file == "profiles.yml"


def test_an_empty_profile_is_fine(profile):
    assert profile("# nothing yet\n").options.connections == {}


def test_the_profile_given_wins_over_the_environment_and_the_project(
    profile, monkeypatch, tmp_path
):
    home = tmp_path / "home"
    (home / ".seeknal").mkdir(parents=True)
    for name in ("given", "environment"):
        (tmp_path / f"{name}.yml").write_text(f"meta: {{from: {name}}}\n")
    (home / ".seeknal/profiles.yml").write_text("meta: {from: home}\n")
    monkeypatch.setenv("HOME", str(home))
    found = []

    found.append(load_profile(tmp_path, None, load_plugins()))
    (tmp_path / "profiles.yml").write_text("meta: {from: project}\n")
    found.append(load_profile(tmp_path, None, load_plugins()))
    monkeypatch.setenv("SEEKNAL_PROFILE", str(tmp_path / "environment.yml"))
    found.append(load_profile(tmp_path, None, load_plugins()))
    found.append(load_profile(tmp_path, tmp_path / "given.yml", load_plugins()))

    origins = [entry.options.meta["from"] for entry in found]
    assert origins == ["home", "project", "environment", "given"]


def test_a_profile_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(UsageError) as caught:
        load_profile(tmp_path, tmp_path / "nope.yml", load_plugins())

    assert "nope.yml" in caught.value.message


def test_no_profile_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))

    assert load_profile(tmp_path, None, load_plugins()) is None


def test_connections_of_the_project_file_are_used_below_those_of_the_profile(profile):
    project = """
        name: old
        connections:
          v: {type: vault, host: project}
          w: {type: vault, host: project, prot: 1}
    """

    found = profile(
        "connections: {v: {type: vault, host: profile}}\n", {"seeknal_project.yml": project}
    )

    assert connection(found, "v").host == "profile"
    (problem,) = wrong(found, "w")
    assert str(problem.location).startswith("seeknal_project.yml:4:")


def test_a_project_file_with_connections_needs_no_profile(seeknal_project, vault, monkeypatch):
    project = seeknal_project(
        {"seeknal_project.yml": "name: old\nconnections: {v: {type: vault, host: here}}\n"}
    )
    monkeypatch.setenv("HOME", str(project.path))

    found = load_profile(project.path, None, load_plugins())

    assert connection(found).host == "here"


def test_what_looks_like_a_secret_is_masked_as_soon_as_the_file_is_read(profile):
    profile(
        "connections:\n"
        "  v: {type: vault, host: visible-host, password: 'masked, password'}\n"
        "  w: {type: other, access-key: masked-key, url: 'x://me:masked-url@host/visible-db'}\n"
    )

    text = "visible-host masked, password masked-key masked-url visible-db"

    assert scrub(text) == "visible-host *** *** *** visible-db"


SOURCE = "{kind: source, name: x, source: vault, table: t}\n"


def test_source_defaults_stand_below_a_sources_own_params(node, vault):
    files = {
        "profiles.yml": """
            connections: {v: {type: vault}, w: {type: vault}}
            source_defaults:
              vault: {connection: v, schema: "${VAULT_SCHEMA:main}", limit: 5}
        """
    }

    plain = node(SOURCE, files)
    own = node(
        "{kind: source, name: x, source: vault, table: t, params: {limit: 6, connection: w}}\n",
        files,
    )

    assert plain.source.connection == "v"
    assert (plain.source.options.schema, plain.source.options.limit) == ("main", 5)
    assert own.source.connection == "w"
    assert (own.source.options.schema, own.source.options.limit) == ("main", 6)


def test_a_missing_variable_in_defaults_matters_only_to_sources_of_that_type(load, problems, vault):
    files = {"profiles.yml": "source_defaults:\n  vault: {schema: '${NOT_THERE}'}\n"}
    csv = "{kind: source, name: x, source: csv, table: a.csv}\n"

    loaded = load({**files, "seeknal/x.yml": csv})
    (problem,) = problems({**files, "seeknal/x.yml": SOURCE})

    assert "source.x" in loaded.nodes
    assert problem.code == "SK0605"
    assert str(problem.location).startswith("profiles.yml:2:")


@pytest.mark.parametrize(
    "text",
    [
        "{kind: source, name: x, source: vault, table: t, connection: warehuose}\n",
        "{kind: source, name: x, source: vault, table: t, params: {connection: warehuose}}\n",
        "{kind: transform, name: x, sql: SELECT 1 AS a, "
        "materializations: [{type: vault, table: t, connection: warehuose}]}\n",
    ],
)
def test_a_node_with_an_unknown_connection_is_found_when_the_project_is_read(problems, vault, text):
    files = {"profiles.yml": "connections: {warehouse: {type: vault}}\n", "seeknal/x.yml": text}

    (problem,) = problems(files)

    assert problem.code == "SK0604"
    assert problem.help == "did you mean warehouse?"
    assert problem.location.file == "seeknal/x.yml"
    assert problem.location.column == text.index("warehuose") + 1


def test_without_any_profile_a_connection_is_not_checked(load, vault, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))

    project = load({"seeknal/x.yml": SOURCE[:-2] + ", connection: v}\n"})

    assert project.nodes["source.x"].source.connection == "v"


def test_a_source_on_another_host_is_another_source(node, vault, monkeypatch):
    text = SOURCE[:-2] + ", connection: v}\n"
    files = {"profiles.yml": "connections: {v: {type: vault, host: '${VAULT_HOST:a}', pwd: x}}\n"}

    def definition(**changes):
        for old, new in changes.items():
            monkeypatch.setenv(old, new)
        return node(text, files).definition

    first = definition()
    other = definition(VAULT_HOST="b")
    monkeypatch.delenv("VAULT_HOST")
    files = {"profiles.yml": files["profiles.yml"].replace("pwd: x", "pwd: y")}
    rotated = definition()

    assert first != other
    assert rotated == first


ICEBERG = "{kind: transform, name: x, sql: SELECT 1 AS a, materialization: {TARGET}}\n"


@pytest.mark.parametrize(
    ("target", "table"),
    [
        ("", "atlas.silver.x"),
        ("table: orders", "atlas.silver.orders"),
        ("table: gold.orders", "atlas.gold.orders"),
        ("table: other.gold.orders", "other.gold.orders"),
        ("type: vault, table: orders", "orders"),
    ],
)
def test_an_iceberg_table_is_completed_by_the_profiles_prefix(node, vault, target, table):
    files = {"profiles.yml": "materialization: {default_table_prefix: atlas.silver}\n"}

    found = node(ICEBERG.replace("TARGET", target), files)

    assert found.targets[0].label == table
    assert found.targets[0].options.table == table


def test_iceberg_targets_take_the_profiles_mode(node, vault):
    files = {"profiles.yml": "materialization: {default_mode: '${MODE:append}'}\n"}

    default = node(ICEBERG.replace("TARGET", "table: t"), files)
    own = node(ICEBERG.replace("TARGET", "table: t, mode: overwrite"), files)
    other = node(ICEBERG.replace("TARGET", "type: vault, table: t"), files)

    assert [entry.targets[0].mode for entry in (default, own, other)] == ["append", "full", "full"]


def test_materialization_can_be_switched_off_in_the_profile(node, vault):
    files = {"profiles.yml": "materialization: {enabled: false}\n"}

    assert node(ICEBERG.replace("TARGET", "table: t"), files).targets == ()


def test_a_source_of_a_table_that_the_project_delivers_is_offered_ref(problems, load, vault):
    files = {
        "profiles.yml": "connections: {v: {type: vault, schema: main}, w: {type: vault}}\n",
        "seeknal/t.yml": "{kind: transform, name: t, sql: SELECT 1 AS a, "
        "materializations: [{type: vault, table: main.orders, connection: v}]}\n",
    }

    def source(table, connection="v"):
        text = f"{{kind: source, name: x, source: vault, table: {table}, connection: {connection}}}"
        return {**files, "seeknal/x.yml": text}

    found = [problems(source("main.orders")), problems(source("Orders"))]

    assert [entry.code for (entry,) in found] == ["SK0220", "SK0220"]
    assert "ref('transform.t')" in found[0][0].help
    assert "source.x" in load(source("other.orders")).nodes
    assert "source.x" in load(source("main.orders", "w")).nodes


RUNNING = {
    "profiles.yml": "connections:\n  v: {type: vault, host: '${NOT_THERE}'}\n  w: {type: vault}\n",
    "seeknal/x.yml": SOURCE[:-2] + ", connection: v}\n",
    "seeknal/y.yml": SOURCE.replace("name: x", "name: y")[:-2] + ", connection: w}\n",
}


def test_a_missing_variable_fails_only_the_nodes_that_use_it(seeknal_project, vault):
    project = seeknal_project(RUNNING)

    checked = project.run("validate")
    outcome = project.run("run")

    assert checked.exit_code == 0
    assert outcome.exit_code == 1
    assert "environment variable NOT_THERE is not set" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert project.rows("source.y") == [("localhost", 1)]


def test_a_variable_in_dotenv_is_enough(seeknal_project, vault):
    project = seeknal_project({**RUNNING, ".env": "NOT_THERE=here\n"})

    project.run("run").assert_ok()

    assert project.rows("source.x") == [("here", 1)]


@pytest.mark.parametrize("command", ["run", "plan", "validate"])
def test_a_wrong_path_of_a_profile_is_said_by_every_command(seeknal_project, command):
    project = seeknal_project(RUNNING)

    outcome = project.run(command, "--profile", "profils.yml")

    assert outcome.exit_code == 2
    assert "profils.yml" in outcome.stderr
    assert "Traceback" not in outcome.stderr
