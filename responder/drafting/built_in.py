"""The words, level and clause of the checks that code carries out: offices/national/built_in.yml."""

from __future__ import annotations

from dataclasses import dataclass

from responder.drafting.model import Finding, Level
from responder.drafting.reading import Section

CODES = (
    "empty",
    "danger-first",
    "safety-line",
    "must-have",
    "must-not-have",
    "unknown-contact",
    "other-office-contact",
    "staff-only-contact",
    "superseded-contact",
    "sensitive-link",
    "unfilled-fact",
    "too-long",
    "wrong-language",
    "personal-data",
    "repeats-message",
    "no-reply-policy",
    "long-sentence",
)


@dataclass(frozen=True)
class BuiltIn:
    """One check's words. `text` and `mend` hold {marks} that a finding fills. `passes`: words that it leaves alone."""

    code: str
    level: Level
    clause: str
    text: str
    mend: str
    passes: frozenset[str] = frozenset()

    def finding(
        self,
        start: int | None = None,
        end: int | None = None,
        *,
        clause: str | None = None,
        level: Level | None = None,
        replacement: str | None = None,
        **marks: object,
    ) -> Finding:
        """One finding of this check at a place of the reply."""
        return Finding(
            code=self.code,
            level=level or self.level,
            text=self.text.format(**marks),
            clause=clause or self.clause,
            mend=self.mend.format(**marks),
            start=start,
            end=end,
            replacement=replacement,
        )


def read_built_in(section: Section) -> dict[str, BuiltIn]:
    """All built-in checks. Raises PackError on one that is missing or that code does not know."""
    checks = {}
    for code in CODES:
        entry: Section = section.section(code)
        checks[code] = BuiltIn(
            code=code,
            level=entry.choice("level", ("blocking", "advice")),
            clause=entry.text("clause"),
            text=entry.text("text"),
            mend=entry.text("mend"),
            passes=frozenset(entry.texts("passes")),
        )
        entry.finish()
    section.finish()
    return checks
