"""Files in ``seeknal/audits/``: any plugin may make audit types of them, and core knows none."""

import pytest
from tests.installed import install_plugin

from seeknal.kernel.plugins import load_plugins
from seeknal.project.loader import load_project

PLUGIN = """
from attrs import frozen
from seeknal.plugin import AuditType, SqlRefused, hookimpl


@frozen(kw_only=True)
class Kept:
    text: str


@frozen(kw_only=True)
class Given:
    word: str


@hookimpl
def audit_types():
    return [AuditType(name="kept", options=Kept, summary="a text")]


@hookimpl
def audit_file(file):
    if "refused" in file.text:
        raise SqlRefused("it is refused", 2, 4)
    if "foreign" in file.text:
        return None
    keep = lambda given, fill: Kept(text=fill(file.text, {"word": given.word}))
    return AuditType(name=file.name, options=Given, summary="", kept_as="kept", keep=keep)
"""
NODE = "kind: transform\nname: t\nsql: SELECT 1 AS x\naudits: [{type: own, word: yes!}]\n"
FILE = "seeknal/audits/own.sql"


@pytest.fixture
def plugin(tmp_path_factory, monkeypatch):
    """A plugin that makes an audit type of a file, the only one beside core's."""
    site = tmp_path_factory.mktemp("site")
    install_plugin(site, "seeknal_own", PLUGIN)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "audits, postgres, iceberg")


@pytest.mark.usefixtures("plugin")
def test_an_audit_of_a_file_keeps_what_the_plugin_says(seeknal_project):
    made = seeknal_project({"seeknal/t.yml": NODE, FILE: "SELECT '{{ word }} {{ 1 + 1 }}'"})

    first = load_project(made.path, load_plugins())
    cached = load_project(made.path, load_plugins())

    (audit,) = first.nodes["transform.t"].audits
    assert (audit.type, audit.declared_type) == ("own", "kept")
    assert audit.options.text == "SELECT 'yes! 2'"
    assert cached.nodes["transform.t"].audits == (audit,)


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("\nis refused", f"{FILE}:2:4", "audit own: it is refused"),
        ("foreign", FILE, "no installed plugin makes an audit type of this file"),
        ("SELECT {{ wrod }}", f"{FILE}:1:11", "'wrod' is undefined"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_once_at_its_place(problems, text, place, words):
    (found,) = problems({"seeknal/t.yml": NODE, FILE: text})

    assert str(found.location) == place
    assert words in found.message


def test_without_a_plugin_the_file_says_which_one_it_needs(problems, monkeypatch):
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "all")

    (found,) = problems({FILE: "SELECT 1"})

    assert found.location.file == FILE
    assert "seeknal-audits" in found.help
