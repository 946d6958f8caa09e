"""Reading the cue files strictly: an unknown key, a wrong type or a missing reason is one error that names the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from responder.errors import PackError
from responder.nlu.phrases import pattern

KEYS = {"id", "level", "reason", "say", "lasting"}
LEVELS = ("possible", "alarm")


def read_yaml(file: Path) -> Any:
    """What a YAML file holds. Raises PackError."""
    try:
        return yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except OSError as error:
        raise PackError(file, None, f"it cannot be read: {error.strerror}.") from None
    except yaml.YAMLError as error:
        raise PackError(file, None, f"it is not YAML: {str(error).splitlines()[0]}.") from None


def read_cue_file(file: Path) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    """The named word lists and the cues of a file; of contexts.yml, its entries with their id. Raises PackError."""
    content = read_yaml(file)
    if not isinstance(content, dict) or not content:
        raise PackError(file, None, "it is empty; cues with id, level, reason and say are allowed.")
    if "cues" not in content:
        return {}, [{"id": name, "say": _phrases(file, name, entry)} for name, entry in content.items()]
    if unknown := set(content) - {"words", "cues"}:
        raise PackError(file, None, f"'{sorted(unknown)[0]}' is not known; allowed are words and cues.")
    words = {name: [str(word) for word in found] for name, found in (content.get("words") or {}).items()}
    for cue in content["cues"]:
        name = str(cue.get("id", "a cue"))
        if unknown := set(cue) - KEYS:
            raise PackError(file, None, f"'{name}' has '{sorted(unknown)[0]}'; allowed are {', '.join(sorted(KEYS))}.")
        if cue.get("level") not in LEVELS or not cue.get("reason") or "id" not in cue:
            raise PackError(file, None, f"'{name}' needs an id, a reason, and a level: {' or '.join(LEVELS)}.")
        cue["say"] = _phrases(file, name, cue)
    return words, content["cues"]


def read_flag_file(file: Path, flags: Sequence[str]) -> list[tuple[str, str, list[list[dict[str, Any]]]]]:
    """Each cue of a flags file as (flag/kind, reason, patterns). Raises PackError."""
    content = read_yaml(file)
    if not isinstance(content, dict) or set(content) - {"words", "cues"} or not isinstance(content.get("cues"), list):
        raise PackError(file, None, "it needs cues with id, reason and say; words (named lists) may stand beside them.")
    words = {name: [str(word) for word in found] for name, found in (content.get("words") or {}).items()}
    found = []
    for cue in content["cues"]:
        name, reason = str(cue.get("id", "a cue")), cue.get("reason")
        if set(cue) != {"id", "reason", "say"} or not reason or name.partition("/")[0] not in flags:
            raise PackError(file, None, f"'{name}' needs a reason, say, and an id that starts with {', '.join(flags)}.")
        found.append((name, reason, [parts for _, parts in compiled(file, name, _phrases(file, name, cue), words)]))
    return found


def compiled(
    file: Path, name: str, phrases: Sequence[str], words: Mapping[str, Sequence[str]]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The phrases of a cue as named patterns. Raises PackError where one cannot be read."""
    try:
        return [(name, pattern(phrase, words)) for phrase in phrases]
    except ValueError as error:
        raise PackError(file, None, f"in '{name.lstrip('~')}': {error}.") from None


def _phrases(file: Path, name: str, entry: dict[str, Any]) -> list[str]:
    found = entry.get("say")
    if not isinstance(found, list) or not found or not all(isinstance(phrase, str) for phrase in found):
        raise PackError(file, None, f"'{name}' needs 'say', a list of phrases (in quotes where YAML misreads one).")
    return found
