"""Which language a text is in: English, Welsh, or another that a person must read.

Two looks: a list of common words that only one of the two languages has, and py3langid (its bundled model).
A mixed message takes the language of its last sentence that has enough words, as the request mostly stands last.

>>> read_language("Diolch am eich help, lle mae'r orsaf?").code
'cy'
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from responder.nlu.text import WORD

LOOKED_AT = 1_500  # characters: enough to tell a language
FEWEST_WORDS = 4  # different words; below this, langid is not asked whether a text is foreign
ENOUGH_WORDS = 6  # below this, it must be twice as sure
FOREIGN_LEAD = 12.0  # log-probability by which the other language must beat English and Welsh
CLEAR = 2


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WELSH = _words(
    """mae mae'r mae'n maen ydy ydi ydw ydych ydyn yw oedd oes roedd bydd fydd dw dwi dwi'n dydi dydy dyw doedd
    rwy rwy'n rydw rydym rydyn wyf sydd sy sy'n bod wedi ddim dim yn yr y ac ar am gan gyda efo i'r o'r a'r
    i'w o'i fy dy ei eich ein eu fi ti chi ni nhw hwn hon hyn hynny honno yma yna acw lle ble pwy beth be pryd pam sut
    faint os ond neu hefyd eto rwan rŵan nawr heddiw ddoe heno neithiwr bore prynhawn nos dda da diolch plis
    helo shwmae sut sumae hwyl haia bora croeso iawn gwych heddlu heddwas swyddfa comisiynydd gomisiynydd
    rhywun rywun rhywbeth pobl bobl plant blant ty tŷ car gar ffôn ffonio siarad gweld wneud gneud gwneud gael cael
    mynd dod ddod deud dweud gwybod gwbod isio eisiau angen rhaid fod bo ma ma'r ma'n na nad nag oes'na
    wyt wti
    dallt copars nonsens noeth su'mai s'mae ta-ra siwmae sgynnoch gynnoch gynno gynni genna gen gynna ella falla
    achos dach da'n dan dani nos da cymraeg"""
)
ENGLISH = _words(
    """the and is are was were be been being have has had do does did you your i'm im my me we our us they them their
    he she him her his this that these those there here what when where why how who which will would can could should
    of to for with without from about into out up down off over not don't dont can't cant isn't didn't just get got
    please thanks thank hello hi police someone somebody something they're it's its at by if but or so because"""
)
_BOTH = _words("i a o am an her his he was do bod ti car me be does had hi by")
_SENTENCE = re.compile(r"[^.!?…]{1,2000}[.!?…]{0,20}")


@dataclass(frozen=True)
class Language:
    """`code` is en or cy; `other` is the ISO 639 code of a third language that the text seems to be in, or None."""

    code: str
    other: str | None = None


def read_language(text: str) -> Language:
    """The language of a cleaned text. A text without words is English."""
    looked_at = text[:LOOKED_AT]
    found = [word.casefold().replace("’", "'") for word in WORD.findall(looked_at)]
    if not found:
        return Language("en")
    script = _foreign_script(looked_at)
    if script:
        return Language("en", script)
    welsh, english = _signs(found)
    different = len(set(found))
    few_signs = welsh < CLEAR and english < CLEAR if different >= ENOUGH_WORDS else welsh + english == 0
    if few_signs and different >= FEWEST_WORDS:
        other = _identifier().foreign(" ".join(found), different)
        if other:
            return Language("en", other)
    if welsh >= CLEAR and english >= CLEAR:
        return Language(_of_request(looked_at))
    if welsh != english and (min(welsh, english) == 0 or abs(welsh - english) >= CLEAR):
        return Language("cy" if welsh > english else "en")
    return Language(_identifier().welsh_or_english(looked_at))


def _signs(found: list[str]) -> tuple[int, int]:
    """How many words speak for Welsh and for English."""
    welsh = sum(1 for word in found if word in WELSH and word not in _BOTH)
    english = sum(1 for word in found if word in ENGLISH and word not in _BOTH)
    return welsh, english


def _of_request(text: str) -> str:
    """The language of a mixed text: of the last sentence of three words or more in which one side is clear."""
    for sentence in reversed(_SENTENCE.findall(text)):
        found = [word.casefold().replace("’", "'") for word in WORD.findall(sentence)]
        welsh, english = _signs(found)
        if len(found) >= 3 and welsh != english:
            return "cy" if welsh > english else "en"
    return _identifier().welsh_or_english(text)


def _foreign_script(text: str) -> str | None:
    """A code for the script where most letters are not Latin; 'und' (undetermined) where langid does not know."""
    letters = [character for character in text if character.isalpha()]
    foreign = [c for c in letters if ord(c) > 0x24F and not unicodedata.name(c, "LATIN").startswith("LATIN")]
    if len(foreign) * 2 <= len(letters):
        return None
    code = _identifier().best(text)
    return code if code not in ("en", "cy") else "und"


class _Identifier:
    """py3langid's model, asked for its numbers; only the features that occur are multiplied."""

    def __init__(self) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        self._model = LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=False)
        self._codes: list[str] = list(self._model.nb_classes)
        self._ours = [self._codes.index("cy"), self._codes.index("en")]

    def scores(self, text: str) -> np.ndarray:
        """Log-probabilities, one a language."""
        counts = self._model.instance2fv(text.casefold())
        seen = np.flatnonzero(counts)
        return counts[seen].astype(np.float32) @ self._model.nb_ptc[seen] + self._model.nb_pc

    def welsh_or_english(self, text: str) -> str:
        scores = self.scores(text)
        return "cy" if scores[self._ours[0]] > scores[self._ours[1]] else "en"

    def best(self, text: str) -> str:
        return self._codes[int(np.argmax(self.scores(text)))]

    def foreign(self, text: str, number_of_words: int) -> str | None:
        """A third language, where it is far likelier than both of ours."""
        scores = self.scores(text)
        best = int(np.argmax(scores))
        lead = float(scores[best] - scores[self._ours].max())
        needed = FOREIGN_LEAD if number_of_words >= ENOUGH_WORDS else 2 * FOREIGN_LEAD
        return self._codes[best] if best not in self._ours and lead >= needed else None


@lru_cache(maxsize=1)
def _identifier() -> _Identifier:
    return _Identifier()
