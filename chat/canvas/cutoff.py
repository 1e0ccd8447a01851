"""An end to waiting: a socket is shut when its time is over, whatever waits for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer


@contextmanager
def cut_off(descriptor: int, seconds: float) -> Iterator[None]:
    """While the block lasts, the socket of this descriptor lives so many seconds: timeouts of sockets begin anew with each piece that comes."""
    # A descriptor of its own: the timer never meets another connection that got the number of a closed one.
    with socket.socket(fileno=os.dup(descriptor)) as twin:
        timer = Timer(max(seconds, 0.01), _shut, (twin,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _shut(twin: socket.socket) -> None:
    with suppress(OSError):  # the other side was quicker
        twin.shutdown(socket.SHUT_RDWR)
