"""Reads YAML strictly: every fault is one sentence with file, line, what was found and what is allowed.

Only `true` and `false` are booleans (PyYAML would also take `on`, `yes` and `no`), a key may stand once,
and whoever reads a mapping says which keys it may have:

>>> section = parse("name: a\\n", "x.yml")
>>> section.text("name")
'a'
>>> section.finish()
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from responder.errors import PackError

_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, where it is there


class _StrictLoader(_SafeLoader):  # type: ignore[misc, valid-type]
    """SafeLoader with YAML 1.2's booleans."""


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))

_MISSING: Any = object()


class Section:
    """One YAML mapping with its place. Keys are taken one by one; `finish` refuses what is left."""

    def __init__(self, file: str, line: int, values: dict[str, Any], lines: dict[str, int]) -> None:
        self.file = file
        self.line = line
        self._values = values
        self._lines = lines
        self._taken: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def names(self) -> list[str]:
        """The keys as they stand in the file."""
        return list(self._values)

    def line_of(self, key: str) -> int:
        """The line (1-based) on which a key stands."""
        return self._lines.get(key, self.line)

    def fault(self, key: str | None, what: str) -> PackError:
        """An error at a key of this mapping, to be raised by the caller."""
        return PackError(self.file, self.line_of(key) if key else self.line, what)

    def take(self, key: str, default: Any = _MISSING) -> Any:
        """The value as it is; a missing key without default is an error."""
        self._taken.add(key)
        if key in self._values:
            return self._values[key]
        if default is _MISSING:
            raise self.fault(None, f"“{key}” is missing")
        return default

    def _typed(self, key: str, kind: type | tuple[type, ...], name: str, default: Any) -> Any:
        value = self.take(key, default)
        if key in self._values and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            if value is None and default is None:
                return None
            raise self.fault(key, f"“{key}” is {_shown(value)}; {name} is allowed")
        return value

    def text(self, key: str, default: Any = _MISSING) -> Any:
        """A text; a bare number is refused so that 0116 keeps its nought."""
        value = self._typed(key, str, "a text (put it in quotes)", default)
        if key in self._values and isinstance(value, str) and not value.strip():
            raise self.fault(key, f"“{key}” is empty; a text is allowed")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """true or false."""
        return bool(self._typed(key, bool, "true or false", default))

    def number(self, key: str, default: Any = _MISSING) -> Any:
        """A whole number."""
        return self._typed(key, int, "a whole number", default)

    def day(self, key: str, default: Any = _MISSING) -> Any:
        """A date, YYYY-MM-DD."""
        value = self._typed(key, date, "a date written YYYY-MM-DD", default)
        if isinstance(value, datetime):
            raise self.fault(key, f"“{key}” is {_shown(value)}; a date written YYYY-MM-DD is allowed")
        return value

    def choice(self, key: str, allowed: Iterable[str], default: Any = _MISSING) -> Any:
        """One of a list of words."""
        value = self.take(key, default)
        options = tuple(allowed)
        if key in self._values and value not in options:
            raise self.fault(key, f"“{key}” is {_shown(value)}; allowed is: {', '.join(options)}")
        return value

    def texts(self, key: str, allowed: Iterable[str] | None = None, default: Any = ()) -> tuple[str, ...]:
        """A list of texts, each from `allowed` where that is given."""
        values = self.take(key, default)
        if values is default:
            return tuple(default)
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            raise self.fault(key, f"“{key}” is {_shown(values)}; a list of texts is allowed")
        if allowed is not None:
            options = tuple(allowed)
            for value in values:
                if value not in options:
                    raise self.fault(key, f"“{key}” holds {_shown(value)}; allowed is: {', '.join(options)}")
        return tuple(values)

    def section(self, key: str, default: Any = _MISSING) -> Any:
        """A mapping below this one."""
        value = self.take(key, default)
        if isinstance(value, Section) or (value is default and default is not _MISSING):
            return value
        raise self.fault(key, f"“{key}” is {_shown(value)}; a mapping (key: value) is allowed")

    def sections(self, key: str) -> tuple[Section, ...]:
        """A list of mappings below this one; nothing where the key is missing."""
        values = self.take(key, ())
        if not isinstance(values, (list, tuple)) or not all(isinstance(v, Section) for v in values):
            raise self.fault(key, f"“{key}” is {_shown(values)}; a list of mappings is allowed")
        return tuple(values)

    def finish(self) -> None:
        """Refuses the keys that nobody asked for."""
        for key in self._values:
            if key not in self._taken:
                raise self.fault(key, f"“{key}” is not a key here; allowed is: {', '.join(sorted(self._taken))}")


def _shown(value: Any) -> str:
    if isinstance(value, Section):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "empty"
    return f"“{value}”"


def _build(file: str, node: yaml.Node, loader: yaml.SafeLoader) -> Any:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise PackError(file, key_node.start_mark.line + 1, "a key is a list or a mapping; a text is allowed")
            key = key_node.value
            if key in values:
                raise PackError(file, key_node.start_mark.line + 1, f"the key “{key}” stands twice; once is allowed")
            values[key] = _build(file, value_node, loader)
            lines[key] = key_node.start_mark.line + 1
        return Section(file, line, values, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_build(file, child, loader) for child in node.value]
    try:
        return loader.construct_object(node)
    except ValueError as problem:
        raise PackError(file, line, f"“{node.value}” cannot be read: {problem}") from None


def parse(content: str, file: str) -> Section:
    """One YAML document whose top is a mapping.

    Raises:
        PackError: not YAML, a duplicate key, or something other than a mapping.
    """
    try:
        loader = _StrictLoader(content)
        node = loader.get_single_node()
    except yaml.reader.ReaderError as problem:
        raise PackError(file, None, f"holds a character that YAML does not allow ({problem.reason})") from None
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        raise PackError(file, mark.line + 1 if mark else None, f"is not YAML: {problem.problem}") from None
    if not isinstance(node, yaml.MappingNode):
        raise PackError(file, 1, "is empty or a list; a mapping (key: value) is allowed")
    built = _build(file, node, loader)
    assert isinstance(built, Section)
    return built


def read(path: Path, root: Path | None = None) -> Section:
    """The mapping in one file; `root` shortens the path in messages."""
    content, name = content_of(path, root)
    return parse(content, name)


def content_of(path: Path, root: Path | None = None) -> tuple[str, str]:
    """The text of one file, and what messages call it; `root` shortens that. Raises PackError."""
    name = str(path.relative_to(root)) if root and path.is_relative_to(root) else str(path)
    try:
        return path.read_text(encoding="utf-8"), name
    except FileNotFoundError:
        raise PackError(name, None, "is missing") from None
    except UnicodeDecodeError:
        raise PackError(name, None, "is not UTF-8 text") from None
