"""Passwords: argon2id, long rather than complicated, and never in a text that anybody reads.

>>> fault("correct horse battery", "a.moderator")
''
>>> matches(hashed("correct horse battery"), "correct horse battery")
True
"""

from __future__ import annotations

import base64
import threading
import unicodedata

from argon2 import Parameters, PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200  # characters
PARAMETERS: Parameters = profiles.RFC_9106_LOW_MEMORY
_at_once = threading.BoundedSemaphore(4)  # each takes 64 MiB


def fault(password: str, name: str) -> str:
    """What is wrong with a new password for the account `name`, in one sentence; empty where nothing is."""
    if len(_plain(password)) < SHORTEST:
        return f"Choose a password of at least {SHORTEST} characters: three or four words will do"
    if len(_plain(password)) > LONGEST:
        return f"Choose a password of at most {LONGEST} characters"
    if _plain(password).strip().lower() == name.lower():
        return "Choose a password that isn't your name"
    return ""


def hashed(password: str) -> str:
    """The password's hash, as it is stored: with its parameters and a salt."""
    with _at_once:
        return _hasher().hash(_bytes(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the one of a stored hash. Where there is none (None), it takes as long to say no."""
    try:
        with _at_once:
            return _hasher().verify(stored or _nobodys(), _bytes(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_old(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(stored)


def _hasher() -> PasswordHasher:
    return PasswordHasher.from_parameters(PARAMETERS)


def _nobodys() -> str:
    """A hash that no password has, as costly to compare with as a real one."""
    salt, digest = (
        base64.b64encode(bytes(n)).rstrip(b"=").decode() for n in (PARAMETERS.salt_len, PARAMETERS.hash_len)
    )
    cost = f"m={PARAMETERS.memory_cost},t={PARAMETERS.time_cost},p={PARAMETERS.parallelism}"
    return f"$argon2id$v={PARAMETERS.version}${cost}${salt}${digest}"


def _plain(password: str) -> str:
    """One form for what looks the same: a keyboard may send é as one character or as two."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _plain(password).encode("utf-8", "surrogatepass")
