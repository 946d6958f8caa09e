"""Settings: environment variables, or the same names as keys of `responder.toml` in the working folder.

The environment goes before the file, so that one start can be tried with other settings.

>>> load(Path("/nowhere"), {})
"""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

import tomli

from responder.errors import BadInput

FILE = "responder.toml"
NAMES = (
    "RESPONDER_HOME",
    "RESPONDER_PACKS",
    "RESPONDER_OFFICE",
    "RESPONDER_SECRET_KEY",
    "RESPONDER_AUDIT_KEY",
    "RESPONDER_HOSTS",
    "RESPONDER_TRUSTED_PROXY",
    "RESPONDER_DATABASE_URL",
    "RESPONDER_QUEUE_URL",
    "RESPONDER_META_APP_SECRET",
    "RESPONDER_META_VERIFY_TOKEN",
    "RESPONDER_TWILIO_AUTH_TOKEN",
    "RESPONDER_X_CONSUMER_SECRET",
)


def load(folder: Path, environment: MutableMapping[str, str]) -> None:
    """Puts what `responder.toml` in `folder` sets into `environment`, where it is not set yet.

    Raises:
        BadInput: the file is no TOML, or holds a key or a kind of value that is not allowed.
    """
    path = folder / FILE
    try:
        given = tomli.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as problem:
        raise BadInput(f"{FILE} cannot be read: {problem}.") from None
    for name, value in given.items():
        if name not in NAMES:
            raise BadInput(f"{FILE}: there is no setting “{name}”; there is: {', '.join(NAMES)}.")
        if not isinstance(value, str):
            raise BadInput(f"{FILE}: “{name}” is {value!r}; a text in quotes is allowed.")
        environment.setdefault(name, value)
