"""Code names of hidden tasks, drawn from the server's secret."""

import hashlib
import hmac
from collections.abc import Iterable


def draw_codes(secret: bytes, phase_key: str, tasks: Iterable[str]) -> dict[str, str]:
    """Return task to code name, ``task-01`` and so on.

    The order is that of keyed digests: the same server draws the same names for a
    phase again, and nobody without its secret can tell which task is which.

    Args:
        secret: the server's.
        phase_key: the phase, so that two phases have two orders.
        tasks: the tasks of the suite.
    """

    def drawn(task: str) -> bytes:
        message = f"code name\0{phase_key}\0{task}".encode()
        return hmac.new(secret, message, hashlib.sha256).digest()

    order = sorted(tasks, key=drawn)
    return {task: f"task-{place:02}" for place, task in enumerate(order, start=1)}
