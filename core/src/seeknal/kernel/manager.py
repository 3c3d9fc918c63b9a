"""pluggy's manager, made quick for plugins that are modules."""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import Any

import pluggy


class PluginManager(pluggy.PluginManager):
    """Passes over the names of a module that are no hook: pluggy looks at each of them closely."""

    def parse_hookspec_opts(self, module_or_class: Any, name: str) -> Any:
        if _may_be(module_or_class, name, f"{self.project_name}_spec"):
            return super().parse_hookspec_opts(module_or_class, name)
        return None

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        if _may_be(plugin, name, f"{self.project_name}_impl"):
            return super().parse_hookimpl_opts(plugin, name)
        return None


def _may_be(place: object, name: str, mark: str) -> bool:
    """Whether a name of a module, or of something else, may be what its marker has marked."""
    if not isinstance(place, ModuleType):
        return True
    found = vars(place).get(name)
    return isinstance(found, FunctionType) and hasattr(found, mark)
