"""Reads the training files for Rasa: once, and with the quick parser.

Rasa reads every file twice with a pure-Python parser that keeps line numbers: on 14,000 messages the most of a minute.
`config.yml` names this importer, so `rasa train` and `responder train` both use it; what is read is the same.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import yaml
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.validation import validate_training_data_format_version

from responder.errors import PackError

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class QuickReader(RasaYAMLReader):
    """Rasa's reader with its own checks in the place of the schema's."""

    def reads(self, string: str, **kwargs: Any) -> TrainingData:
        """Training data from a file's text. Raises PackError, which names the file and what is allowed."""
        try:
            content = yaml.load(string, Loader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise PackError(self.filename, mark.line + 1 if mark else None, "this is not YAML.") from None
        blocks = content.get("nlu") if isinstance(content, dict) else None
        if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
            raise PackError(self.filename, None, "it needs “nlu”, a list of intents with their “examples”.")
        for block in blocks:
            self._check(block)
        if not validate_training_data_format_version(content, self.filename):
            return TrainingData()
        self._parse_nlu(blocks)
        return TrainingData(
            self.training_examples, self.entity_synonyms, self.regex_features, self.lookup_tables, self.responses
        )

    def _check(self, block: dict[str, Any]) -> None:
        if "intent" not in block:
            return
        examples = block.get("examples")
        if isinstance(examples, str):
            return
        if not isinstance(examples, list) or not all(
            isinstance(one, dict) and isinstance(one.get("text"), str) and one["text"].strip() for one in examples
        ):
            raise PackError(
                self.filename, None, f"the examples of “{block['intent']}” need each a “text” that is not empty."
            )


class QuickImporter(RasaFileImporter):
    """Rasa's importer of files, which remembers what it read."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All training messages, read at the first call."""
        return self._read

    @cached_property
    def _read(self) -> TrainingData:
        return TrainingData().merge(*(self._of(path) for path in self._nlu_files))

    @staticmethod
    def _of(path: str) -> TrainingData:
        reader = QuickReader()
        return reader.read(path)
