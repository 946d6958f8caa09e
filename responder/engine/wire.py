"""How the worker and its clients talk: JSON in frames over a socket of this machine.

A frame is four bytes of length (big-endian) and that many bytes of UTF-8 JSON. JSON and never pickle: what comes in
cannot run. A plain socket, since its timeouts also hold while a frame is half sent. The first key of each request is
the content of `engine.key` (mode 0600), so that only this account's programs are answered.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import struct
from pathlib import Path
from typing import Any

LONGEST_FRAME = 32 * 1024 * 1024
_LENGTH = struct.Struct("!I")


class WireError(OSError):
    """The other side closed the connection, or sent what is no frame."""


def send(to: socket.socket, value: dict[str, Any]) -> None:
    """Send one frame. Raises OSError (TimeoutError after the socket's timeout)."""
    data = json.dumps(value).encode("ascii")
    if len(data) > LONGEST_FRAME:
        raise WireError("The frame is too long.")
    to.sendall(_LENGTH.pack(len(data)) + data)


def receive(source: socket.socket) -> dict[str, Any]:
    """Receive one frame. Raises OSError (TimeoutError after the socket's timeout)."""
    (length,) = _LENGTH.unpack(_exactly(source, _LENGTH.size))
    if length > LONGEST_FRAME:
        raise WireError("The frame is too long.")
    try:
        value = json.loads(_exactly(source, length))
    except (ValueError, RecursionError):
        raise WireError("The frame holds no JSON.") from None
    if not isinstance(value, dict):
        raise WireError("The frame holds no object.")
    return value


def _exactly(source: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = source.recv(min(count - len(parts), 1 << 20))
        if not part:
            raise WireError("The connection was closed.")
        parts += part
    return bytes(parts)


def read_key(path: Path) -> str:
    """The key of the worker. Raises OSError where there is none yet."""
    return path.read_text(encoding="ascii").strip()


def make_key(path: Path) -> str:
    """The key, made if it is not there; readable by this account only."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
        key = read_key(path)
        if key:
            return key
        handle = os.open(path, os.O_WRONLY | os.O_TRUNC)
    key = secrets.token_hex(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key + "\n")
    return key
