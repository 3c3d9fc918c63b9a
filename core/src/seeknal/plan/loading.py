"""Reads a project, the plugins that it uses and its state, for one command."""

from __future__ import annotations

import gc
from pathlib import Path

from seeknal.graph.dag import Graph, build_graph
from seeknal.kernel.plugins import Plugins, load_plugins
from seeknal.plan.session import Loaded, Request
from seeknal.project.loader import load_project
from seeknal.state.store import read_state
from seeknal.values.errors import UsageError, did_you_mean
from seeknal.values.model import Project

ENGINE = "duckdb"
DEFAULT_TARGET = "dev"
"""The engine target that is in force when none is named; always DuckDB unless redefined."""


def load(root: Path, request: Request) -> Loaded:
    """Read a project and its state. Raises ProjectError with everything that is wrong."""
    project, graph, plugins = read_project(root, request)
    return Loaded(project=project, graph=graph, plugins=plugins, state=read_state(project.target))


def read_project(root: Path, request: Request) -> tuple[Project, Graph, Plugins]:
    # Thousands of values are made and all are kept: looking for garbage among them is in vain.
    gc.disable()
    try:
        return _read_all(root, request)
    finally:
        gc.enable()


def _read_all(root: Path, request: Request) -> tuple[Project, Graph, Plugins]:
    plugins = load_plugins()
    project = load_project(
        root, plugins, variables=dict(request.variables), profile=request.profile
    )
    if request.target is not None:
        _check_engine(project, request.target, plugins)
    return project, build_graph(project.nodes), plugins


def _check_engine(project: Project, target: str, plugins: Plugins) -> None:
    """Raise UsageError unless ``target`` names an engine that can be run on."""
    from seeknal.project.profile.profiles import load_profile

    profile = load_profile(project.root, project.profile, plugins)
    engines = {DEFAULT_TARGET: ENGINE}
    engines |= {name: entry.engine for name, entry in profile.targets.items()} if profile else {}
    if target not in engines:
        help = did_you_mean(target, engines) or f"engines: {', '.join(engines)}"
        raise UsageError(f"there is no engine {target!r}", code="SK0005", help=help)
    if engines[target] != ENGINE:
        raise UsageError(
            f"engine {target!r} runs on {engines[target]}, which no installed plugin provides",
            code="SK0006",
            help=f"engines that run on {ENGINE}: "
            + ", ".join(name for name, engine in engines.items() if engine == ENGINE),
        )
