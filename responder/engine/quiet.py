"""Keeping Rasa quiet: no telemetry, no cache of its own, and no message text in a log.

Rasa writes message texts to its log at debug level, in warnings and in tracebacks. So before Rasa is imported its
telemetry is turned off, and once it is imported its loggers are closed; what fails is logged by us, by the type of the
error and its place in the code, never by its words.
"""

from __future__ import annotations

import logging
import os
import traceback
import warnings
from pathlib import Path

log = logging.getLogger("responder.engine")

_LOUD = ("rasa", "rasa_sdk", "tensorflow", "absl", "matplotlib", "apscheduler", "asyncio", "transformers")


def before_rasa() -> None:
    """Set what Rasa reads from the environment when it is imported. Call it before any `import rasa`."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ.setdefault("RASA_MAX_CACHE_SIZE", "0")
    warnings.showwarning = _drop  # filters would not do: libraries below Rasa reset them


def _drop(*_: object, **__: object) -> None:
    """Show no warning: Rasa's can hold a message's text."""


def close_logs() -> None:
    """Close the loggers that could carry a message's text. Call it once Rasa is imported."""
    import structlog

    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def failure(error: BaseException) -> str:
    """What may be logged of an error: its type and where it was raised, without its words.

    >>> try:
    ...     int("a secret")
    ... except ValueError as error:
    ...     "secret" in failure(error)
    False
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"
    return f"{type(error).__name__} at {place}"
