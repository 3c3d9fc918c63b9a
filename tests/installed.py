"""A plugin that is really installed: found by the entry point of its distribution."""

import sys


def install_plugin(site, module, text, distribution=None, commands=()):
    """Write a module, and the metadata that names it as the plugin of its own distribution.

    The plugin is called as the module, without ``seeknal_``. ``site`` has to be on the path.
    ``commands`` maps names of commands to where each is, as ``MODULE:OBJECT``.
    """
    # A plugin of that name which another test installed is not the one that is meant.
    sys.modules.pop(module, None)
    name = module.removeprefix("seeknal_")
    (site / f"{module}.py").write_text(text)
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    distribution = distribution or module.replace("_", "-")
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
    (info / "METADATA").write_text(metadata)
    lines = [f"{command} = {place}\n" for command, place in dict(commands).items()]
    points = f"[seeknal]\n{name} = {module}\n\n[seeknal.commands]\n{''.join(lines)}"
    (info / "entry_points.txt").write_text(points)
