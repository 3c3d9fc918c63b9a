import os
import shutil
import sys
import types

import pytest
from tests.installed import install_plugin

from seeknal.kernel.distributions import distributions
from seeknal.kernel.installing import install_command
from seeknal.kernel.plugins import Installed, Plugins, enabled_plugins
from seeknal.plugin import SourceType, hookimpl
from seeknal.values.errors import PluginError

pytestmark = pytest.mark.inside


def plugin_module(monkeypatch, name, **hooks):
    """An importable module ``name`` whose functions are hook implementations."""
    module = types.ModuleType(name)
    for hook, function in hooks.items():
        function.__name__ = hook
        marked = function if hasattr(function, "seeknal_impl") else hookimpl(function)
        setattr(module, hook, marked)
    monkeypatch.setitem(sys.modules, name, module)
    return Installed(name=name, distribution=f"dist-{name}", version="1.2", module=name)


class NoOptions:
    pass


def test_a_plugin_that_cannot_be_imported_is_named_and_the_others_work():
    broken = Installed(
        name="bad", distribution="seeknal-bad", version="0.9", module="no_such_module_here"
    )

    plugins = Plugins((broken,))

    assert "csv" in plugins.source_types
    assert len(plugins.broken) == 1
    assert "seeknal-bad 0.9" in plugins.broken[0]


def test_two_plugins_that_declare_one_name_are_both_named(monkeypatch):
    def declare():
        return [SourceType(name="ftp", options=NoOptions, summary="")]

    first = plugin_module(monkeypatch, "ftp_one", source_types=lambda: declare())
    second = plugin_module(monkeypatch, "ftp_two", source_types=lambda: declare())
    plugins = Plugins((first, second))

    with pytest.raises(PluginError) as caught:
        _ = plugins.source_types

    assert "'ftp'" in str(caught.value)
    assert "dist-ftp_one 1.2" in str(caught.value)
    assert "dist-ftp_two 1.2" in str(caught.value)


def test_an_observer_that_raises_becomes_a_warning(monkeypatch):
    def explode(plan):
        raise RuntimeError("no")

    plugins = Plugins((plugin_module(monkeypatch, "loud", before_run=explode),))
    warnings = []

    plugins.hooks.before_run(warnings.append, plan=None)

    assert warnings == ["plugin 'loud' failed in before_run: no"]


def test_a_hook_with_an_unknown_argument_is_a_broken_plugin(monkeypatch):
    def load_source(source, context, surprise):
        return None

    plugins = Plugins((plugin_module(monkeypatch, "odd", load_source=load_source),))

    assert "surprise" in plugins.broken[0]


def test_missing_types_name_what_to_install():
    plugins = Plugins(())

    assert plugins.missing("source type", "postgresql") == (
        f"source type 'postgresql' needs seeknal-postgres: {install_command('seeknal-postgres')}"
    )
    assert plugins.missing("audit type", "unique") == (
        f"audit type 'unique' needs seeknal-audits: {install_command('seeknal-audits')}"
    )
    assert plugins.missing("source type", "gopher") is None


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("engine", "starrocks"),
        ("target type", "starrocks_materialized_view"),
        ("source type", "starrocks"),
        ("connection type", "mariadb"),
    ],
)
def test_all_that_the_starrocks_plugin_declares_names_it(what, name):
    assert Plugins(()).missing(what, name) == (
        f"{what} {name!r} needs seeknal-starrocks: {install_command('seeknal-starrocks')}"
    )


def test_disabled_plugins_are_not_loaded(monkeypatch):
    from seeknal.kernel.plugins import load_plugins

    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "all")

    assert load_plugins().installed == ()


def test_describe_lists_hooks_and_types(monkeypatch):
    declare = [SourceType(name="gopher", options=NoOptions, summary="")]
    plugins = Plugins((plugin_module(monkeypatch, "goph", source_types=lambda: declare),))

    info = {entry.name: entry for entry in plugins.describe()}["goph"]

    assert info.hooks == ("source_types",)
    assert info.types == {"source type": ("gopher",)}
    assert info.version == "1.2"


def test_options_that_a_type_names_are_imported_when_first_asked_for(monkeypatch, tmp_path):
    (tmp_path / "gopher_options.py").write_text("class Gopher:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    declared = [SourceType(name="gopher", options="gopher_options:Gopher", summary="")]
    plugins = Plugins((plugin_module(monkeypatch, "goph", source_types=lambda: declared),))

    found = plugins.source_types["gopher"]

    assert "gopher_options" not in sys.modules
    assert found.options.__name__ == "Gopher"
    assert found.options is sys.modules.pop("gopher_options").Gopher


@pytest.mark.parametrize("named", ["no_such_module_here:Gopher", "json:Gopher", "json"])
def test_options_that_are_not_where_a_type_names_them_are_told(named):
    declared = SourceType(name="gopher", options=named, summary="")

    with pytest.raises(PluginError, match=named) as caught:
        _ = declared.options

    assert caught.value.code == "SK1001"


def test_what_is_installed_and_removed_between_two_commands_is_noticed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    seen = []

    for step in (
        lambda: install_plugin(tmp_path, "seeknal_first", ""),
        lambda: install_plugin(tmp_path, "seeknal_second", ""),
        lambda: shutil.rmtree(tmp_path / "seeknal_first-1.0.dist-info"),
    ):
        step()
        names = {plugin.name for plugin in enabled_plugins()}
        seen.append(names & {"first", "second"})

    assert seen == [{"first"}, {"first", "second"}, {"second"}]


def test_what_nothing_was_installed_beside_is_read_once(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    install_plugin(tmp_path, "seeknal_first", "")
    os.utime(tmp_path, (0, 0))

    once, again = ([*map(id, distributions())] for _ in range(2))

    assert once == again
