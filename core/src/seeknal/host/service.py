"""What a process tells the service manager that has started it, such as systemd.

The protocol is that of sd_notify(3): datagrams to a socket that NOTIFY_SOCKET names.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


def tell_manager(state: str) -> None:
    """Tell the service manager, where there is one that listens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    # What begins with @ is no file, and begins with a zero in truth.
    place = f"\0{address[1:]}" if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(state.encode(), place)
