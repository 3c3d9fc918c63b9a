"""A password in profiles.yml or .env is in no output and in no file that seeknal writes."""

import pytest

CANARY = "Tweety-4711'%é"
OTHER = "Birdseed!0815"
SPELLINGS = [CANARY, "Tweety-4711", "Tweety", OTHER, "Birdseed"]

FILES = {
    "profiles.yml": f"""
        connections:
          pg: {{type: postgresql, host: localhost, user: me, password: "{CANARY}"}}
          lake:
            type: iceberg
            uri: http://me:{OTHER}@localhost/
            token: ${{LAKE_TOKEN}}
          shelf:
            type: shelf
            password: ${{SHELF_PASSWORD:{CANARY}}}
    """,
    ".env": f"LAKE_TOKEN={OTHER}\nSHELF_PASSWORD={CANARY}\n",
    "data/a.csv": "x\n1\n",
    "seeknal/a.yml": """
        kind: source
        name: a
        source: csv
        table: data/a.csv
        ---
        kind: transform
        name: b
        sql: SELECT x FROM ref('source.a')
    """,
}
FAILING = {
    "seeknal/pipelines/p.py": """
        from pathlib import Path
        from seeknal import transform

        ENV = Path(__file__).parents[2] / ".env"

        @transform(name="p", inputs=["transform.b"])
        def p(ctx):
            for line in ENV.read_text().splitlines():
                print(line)
                ctx.log.warning("read %s", line)
            raise RuntimeError(f"cannot log in with {ENV.read_text()}")
    """,
}


def assert_no_secret(project, *outcomes):
    shown = [outcome.stdout + outcome.stderr for outcome in outcomes]
    assert [text for text in shown if any(secret in text for secret in SPELLINGS)] == []
    written = [path for path in project.path.rglob("*") if path.is_file()]
    leaks = [
        (path, secret)
        for path in written
        if path.name not in ("profiles.yml", ".env", "secret.yml")
        for secret in SPELLINGS
        if secret.encode() in path.read_bytes()
    ]
    assert leaks == []


def test_no_command_shows_or_stores_a_secret(seeknal_project):
    project = seeknal_project(FILES)

    outcomes = [
        project.run(*command)
        for command in (
            ["validate"],
            ["plan"],
            ["run"],
            ["run", "--format", "json"],
            ["connection", "list"],
            ["connection", "list", "--format", "json"],
            ["connection", "test", "pg"],
            ["connection", "test", "lake"],
            ["connection", "test", "shelf", "--format", "json"],
            ["--debug", "connection", "test", "pg"],
            ["list", "--format", "json"],
            ["history"],
        )
    ]

    assert [outcome.exit_code for outcome in outcomes[:4]] == [0, 0, 0, 0], outcomes
    assert_no_secret(project, *outcomes)


@pytest.mark.parametrize("options", [[], ["--debug"]])
def test_a_node_that_fails_with_a_secret_in_its_message_does_not_give_it_away(
    seeknal_project, options
):
    project = seeknal_project({**FILES, **FAILING})

    outcome = project.run(*options, "run")
    again = project.run(*options, "run")

    assert (outcome.exit_code, again.exit_code) == (1, 1)
    assert "cannot log in with" in outcome.stderr
    assert_no_secret(project, outcome, again, project.run("history", "--format", "json"))


@pytest.mark.parametrize(
    "line",
    [
        f"password: {CANARY}: x",
        f"password: [{CANARY}",
        f"passwrod: {CANARY}",
        f"password: {{a: {CANARY}}}",
        f"password: !secret {CANARY}",
        f"password: *{OTHER}",
        f"url: postgresql://me:{OTHER}@host/db: x",
        f"secret_key: |\n      {CANARY}\n      {OTHER}\n    hots: x",
        f"api-key: '{CANARY.replace(chr(39), '')}' x",
    ],
)
def test_a_mistake_in_a_profile_is_shown_without_its_secret(seeknal_project, line):
    profile = f"connections:\n  pg:\n    type: postgresql\n    {line}\nmatrialization: {{}}\n"
    project = seeknal_project({**FILES, "profiles.yml": profile})

    outcomes = [
        project.run(*command, *options)
        for command in (["validate"], ["run"], ["connection", "list"], ["connection", "test", "pg"])
        for options in ([], ["--debug"])
    ]

    assert {outcome.exit_code for outcome in outcomes} <= {1, 2}
    assert_no_secret(project, *outcomes)


def test_a_password_that_is_a_number_is_not_shown_in_its_error(seeknal_project):
    profile = "connections:\n  pg: {type: postgresql, password: 47110815}\nmatrialization: {}\n"
    project = seeknal_project({**FILES, "profiles.yml": profile})

    outcomes = [project.run("run"), project.run("connection", "test", "pg")]

    assert all("47110815" not in outcome.stdout + outcome.stderr for outcome in outcomes)


def test_connections_of_the_project_file_are_as_secret(seeknal_project):
    project = seeknal_project(
        {
            **FILES,
            "profiles.yml": "{}\n",
            "seeknal_project.yml": f"""
                name: x
                connections:
                  local: {{type: postgresql, password: "{CANARY}"}}
            """,
        }
    )
    (project.path / "seeknal_project.yml").rename(project.path / "secret.yml")
    (project.path / "seeknal_project.yml").symlink_to("secret.yml")

    outcomes = [project.run("run"), project.run("connection", "test", "local"), project.run("plan")]

    assert outcomes[0].exit_code == 0
    shown = [outcome.stdout + outcome.stderr for outcome in outcomes]
    assert [text for text in shown if "Tweety" in text] == []
    stored = [path for path in (project.path / "target").rglob("*") if path.is_file()]
    assert [path for path in stored if b"Tweety" in path.read_bytes()] == []


@pytest.mark.parametrize(
    ("name", "shown"), [("pw", False), ("api_token", False), ("city", True), ("token_dir", True)]
)
def test_a_variable_of_the_project_is_secret_by_its_name(seeknal_project, name, shown, monkeypatch):
    monkeypatch.setenv("OF_THE_SHOP", "Birdseed 0815")
    project = seeknal_project(
        {
            "seeknal_project.yml": f"""
                name: x
                vars: {{{name}: "{{{{ env_var('OF_THE_SHOP') }}}}"}}
            """,
            "seeknal/pipelines/a.py": """
                import os
                from seeknal import transform

                @transform(name="a", inputs=[])
                def a(ctx):
                    raise ValueError(os.environ["OF_THE_SHOP"])
            """,
        }
    )

    outcome = project.run("run")

    assert "SK0511" in outcome.stderr
    assert ("Birdseed" in outcome.stderr) == shown
