"""Secrets of one installation: given by a setting, else made once and kept in the data folder, readable by its owner.

>>> len(derived("a secret that signs cookies", "throttle"))
32
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from responder.errors import BadInput

SHORTEST = 16


def secret_key(home: Path) -> str:
    """The key that signs cookies and tokens: RESPONDER_SECRET_KEY, or the one kept in `home`.

    Raises BadInput where the setting is too short or `home` cannot be written.
    """
    return _key(home, "secret-key", "RESPONDER_SECRET_KEY")


def audit_key(home: Path) -> str:
    """The key that seals the audit: RESPONDER_AUDIT_KEY, or the one kept in `home`. Raises BadInput."""
    return _key(home, "audit-key", "RESPONDER_AUDIT_KEY")


def derived(key: str, purpose: str) -> bytes:
    """A key for one purpose, from which nobody learns the others."""
    return hmac.new(key.encode(), purpose.encode(), hashlib.sha256).digest()


def _key(home: Path, file: str, setting: str) -> str:
    given = os.environ.get(setting, "")
    if given:
        if len(given) < SHORTEST:
            raise BadInput(f"{setting} is too short: give at least {SHORTEST} characters, made at random.")
        return given
    kept = home / file
    try:
        if not kept.exists():
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_once(kept, secrets.token_urlsafe(32))
        key = kept.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BadInput(f"{kept} cannot be read or written ({error.strerror}): check RESPONDER_HOME.") from None
    if len(key) < SHORTEST:
        raise BadInput(f"{kept} is damaged: put the file of your backup in its place.")
    return key


def _write_once(path: Path, key: str) -> None:
    """Two processes that start at once end with one key: the file appears whole, and only where there is none."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w", encoding="ascii") as handle:
        handle.write(key)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
