"""Personal data in a text: phone, e-mail, postcode, address, date of birth, National Insurance, plates, bank details.

Plain Python; each kind is one small function that yields where it found what. Every search is linear: expressions are
short and bounded, and start only where a word starts.

>>> [(flag.kind, flag.start) for flag in find_personal_data("ring me on 07700 900123")]
[('phone', 11)]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from responder.drafting.model import Flag

Span = tuple[int, int]

MOST_OF_A_KIND = 50
MOST_LOOKED_AT = 5_000  # places of one text at which an e-mail or postal address may start
REASONS = {
    "phone": "a phone number",
    "email": "an e-mail address",
    "postcode": "a postcode",
    "address": "a postal address",
    "date_of_birth": "a date of birth",
    "national_insurance": "a National Insurance number",
    "vehicle_registration": "a vehicle registration",
    "driving_licence": "a driving licence number",
    "bank_card": "a bank card number",
    "bank_account": "bank account details",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_AREAS = _words(
    """AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY
    G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR
    NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA
    WC WD WF WN WR WS WV YO ZE"""
)
_STREETS = _words(
    """street st cottages road rd avenue ave lane ln close crescent cres drive court ct gardens gdns grove terrace terr
    square mews parade boulevard stryd heol ffordd"""
)
_STREETS_WITH_CAPITAL = _words("way place hill row walk view rise park green vale dr cl pl fold croft gate bank")
_STREETS_IN_FRONT = _words("heol ffordd stryd lôn lon maes tai rhes stad bryn tan cae pen clos erw rhodfa gwel")
_NOT_IN_A_STREET = _words(
    """a an at on in of to and or is was from for with by off my our his her your down up minutes min mins hours days
    weeks months years yrs people lads men women kids cars pm am miles metres yards mph quid pounds times per"""
)
_PHONE = re.compile(r"(?<![\w+])(?:\+|\(?0)[\d ().-]{8,20}")
_AT = re.compile(r"@")
_BEFORE_AT = re.compile(r"[\w.%+-]{1,64}\Z")
_AFTER_AT = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_SPOKEN_EMAIL = re.compile(
    r"(?<![\w.])[\w.+-]{2,40}(?: at | ?[(\[]at[)\]] ?)[\w-]{2,40}(?:(?: dot | ?[(\[]dot[)\]] ?)[a-z]{2,12}){1,3}(?!\w)"
    r"|(?<![\w.])[\w.+-]{2,40} ?[(\[]at[)\]] ?[\w-]{2,40}(?:\.[a-z]{2,12}){1,3}(?!\w)",
    re.IGNORECASE,
)
_SPOKEN_DIGITS = re.compile(
    r"\b(?:oh|o|zero|nought|one|two|three|four|five|six|seven|eight|nine|double|treble|triple)"
    r"(?:[ ,-]{1,2}(?:oh|o|zero|nought|one|two|three|four|five|six|seven|eight|nine|double|treble|triple)){6,13}\b",
    re.IGNORECASE,
)
_POSTCODE = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z]{1,2})([0-9][A-Za-z0-9]?) ?"
    r"([0-9][ABD-HJLNP-UW-Zabd-hjlnp-uw-z]{2})(?![A-Za-z0-9])"
)
_ORDINAL = re.compile(r"\d(?:st|nd|rd)\Z")
_NUMBER = re.compile(r"(?<![\w£$.,:/-])\d{1,4}[A-Ca-c]?(?=[ ,])")
_NEXT_WORDS = re.compile(r"[^\W_][\w'’-]{0,24}")
_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d\d"
    r"|\d{1,2}(?:st|nd|rd|th)? (?:of )?[A-Za-z]{3,9},? (?:19|20)\d\d)(?!\d)"
)
_BORN = re.compile(
    r"\b(?:d\.?o\.?b|date of birth|born|birthday|birth ?da(?:te|y)|dyddiad geni|ganed|ganwyd|geni)\b", re.IGNORECASE
)
_ORDINALS = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ion|chwef|maw|ebr|mai|meh|gorff|awst|medi|hyd|tach|rhag"
_LOOSE_DATE = re.compile(
    rf"(?<!\w)(?:\d{{1,2}}(?:st|nd|rd|th)?|{_ORDINALS})[ /.-](?:of )?(?:the )?"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{_ORDINALS}|(?:{_MONTHS})[a-z]{{0,8}})[ /.,-]{{1,2}}"
    r"(?:'?\d\d|(?:19|20)\d\d|[a-z]{4,8}[ -][a-z]{3,6})(?![\w/])",
    re.IGNORECASE,
)
_DIGIT_DATE = re.compile(r"(?<!\d)(?:0?[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19[2-9]\d|20[01]\d)(?!\d)")
_OF_A_LIFE = re.compile(r"(?<!\d)\d{1,2}[/.-]\d{1,2}[/.-](?:19[2-9]\d|20[01]\d|\d\d)(?!\d)")
_NAME_BEFORE = re.compile(r"[A-Z][\w'’-]{1,20} [A-Z][\w'’-]{1,20},? (?:is |was )?\Z")
_INSURANCE = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2})([ -]?\d\d){3}[ -]?[A-Da-d](?![A-Za-z0-9])")
_PLATE_NOW = re.compile(r"(?<![A-Za-z0-9])[A-HJ-PR-Ya-hj-pr-y]{2}(\d\d)[ -]?[A-HJ-PR-Za-hj-pr-z]{3}(?![A-Za-z0-9])")
_PLATE_OLD = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-HJ-NPR-TV-Y]\d{1,3} ?([A-Z]{3})|([A-Z]{3}) ?\d{1,3}[A-HJ-NPR-TV-Y])(?![A-Za-z0-9])"
)
_PLATE_SPACED = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-HJ-NP-TV-Y] ?\d{2,3} ([A-Z]{3})|([A-Z]{3}) \d{2,3}[A-HJ-NPR-TV-Y])(?![A-Za-z0-9])"
)
_PLATE_ANY = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9 ]{0,8}\d)[A-Za-z0-9]{2,4} ?[A-Za-z0-9]{2,4}(?![A-Za-z0-9])")
_PLATE_WORD = re.compile(
    r"\b(?:reg|regi|registration|number plate|numberplate|plate|index)\b(?: (?:no|number))?[ :.is]{0,4}",
    re.IGNORECASE,
)
_NOT_A_PLATE = _words("THE AND FOR OUT WAS NOT YOU ARE ALL OFF GOT HAS HAD HIS HER WHO WHY NOW CAN BUT LAD MAN BUS MPH")
_LICENCE = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2,5}9{0,3} ?\d[0156]\d[0-3]\d\d ?[A-Z][A-Z9][A-Z0-9]{3}(?![A-Za-z0-9])")
_CARD = re.compile(r"(?<![\d])[2-6]\d{3}(?:[ -]?\d){9,15}(?!\d)")
_SORT_CODE = re.compile(r"(?<!\d)\d\d[- ]?\d\d[- ]?\d\d(?!\d)")
_ACCOUNT = re.compile(r"(?<!\d)\d{8}(?!\d)")
_CARD_WORD = re.compile(r"\bcards?\b|\bcerdyn\b", re.IGNORECASE)
_INSURANCE_WORD = re.compile(r"\bN\.?I\b|\binsurance\b|\byswiriant\b", re.IGNORECASE)
_BANK_WORD = re.compile(
    r"\b(?:sort ?code|sort|account|acc|acct|bank|building society|s/c|a/c|cyfrif|cod didoli)\b", re.IGNORECASE
)
_SORT_AND_ACCOUNT = re.compile(r"(?<!\d)\d\d-\d\d-\d\d[ ,]{1,2}(?:and |a/c )?\d{8}(?!\d)")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_NEAR = 30


def find_personal_data(text: str) -> list[Flag]:
    """Every piece of personal data, in the text's order; `kind` is a key of REASONS. Overlaps are given once."""
    taken: list[Span] = []
    flags: list[Flag] = []
    for kind, search in _SEARCHES.items():
        for number, (start, end) in enumerate(search(text)):
            if number == MOST_OF_A_KIND:
                break
            if all(end <= other_start or start >= other_end for other_start, other_end in taken):
                taken.append((start, end))
                flags.append(Flag("personal_data", kind, start, end, REASONS[kind]))
    return sorted(flags, key=lambda flag: (flag.start or 0, flag.end or 0))


def _emails(text: str) -> Iterator[Span]:
    for at in islice(_AT.finditer(text), MOST_LOOKED_AT):
        before = _BEFORE_AT.search(text, max(0, at.start() - 64), at.start())
        after = _AFTER_AT.match(text, at.end())
        if before and after:
            yield before.start(), after.end()
    for match in _SPOKEN_EMAIL.finditer(text):
        yield match.span()


def _phones(text: str) -> Iterator[Span]:
    for match in _PHONE.finditer(text):
        found = match[0].rstrip(" ().-")
        digits = re.sub(r"\D", "", found)
        national = digits[2:] if found.startswith("+44") else digits[4:] if digits.startswith("0044") else digits[1:]
        national = national.lstrip("0")
        abroad = found.startswith("+") and not found.startswith("+44")
        if _is_possible(digits if abroad else f"44{national}") and (abroad or national[0] in "127"):
            yield match.start(), match.start() + len(found)
    for match in _SPOKEN_DIGITS.finditer(text):
        if match[0].casefold().startswith(("oh", "o ", "zero", "nought")):
            yield match.span()


def _is_possible(digits: str) -> bool:
    """Whether there can be such a number; phonenumbers knows every country's lengths."""
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        digits = [int(digit) for digit in match[0] if digit.isdigit()]
        doubled = [digit if at % 2 else sum(divmod(2 * digit, 10)) for at, digit in enumerate(reversed(digits), 1)]
        named = _CARD_WORD.search(text, max(0, match.start() - _NEAR), match.start())
        if sum(doubled) % 10 == 0 or (named and len(digits) > 14):
            yield match.span()


def _licences(text: str) -> Iterator[Span]:
    for match in _LICENCE.finditer(text):
        yield match.span()


def _accounts(text: str) -> Iterator[Span]:
    for expression in (_IBAN, _SORT_AND_ACCOUNT):
        for match in expression.finditer(text):
            yield match.span()
    if not _BANK_WORD.search(text):
        return
    for expression in (_ACCOUNT, _SORT_CODE):
        for match in expression.finditer(text):
            if _BANK_WORD.search(text, max(0, match.start() - _NEAR), match.start()):
                yield match.span()


def _births(text: str) -> Iterator[Span]:
    for expression in (_DATE, _DIGIT_DATE, _LOOSE_DATE):
        for match in expression.finditer(text):
            if _BORN.search(text, max(0, match.start() - 2 * _NEAR), match.start()):
                yield match.span()
    for match in _OF_A_LIFE.finditer(text):
        if _NAME_BEFORE.search(text, max(0, match.start() - _NEAR * 2), match.start()):
            yield match.span()


def _insurance(text: str) -> Iterator[Span]:
    for match in _INSURANCE.finditer(text):
        letters = match[1].upper()
        given = letters not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ") and not set(letters) & set("DFIQUV")
        named = _INSURANCE_WORD.search(text, max(0, match.start() - _NEAR), match.start())
        if given or named or letters == "QQ":  # QQ: what forms show as an example, and people hide behind
            yield match.span()


def _postcodes(text: str) -> Iterator[Span]:
    for match in _POSTCODE.finditer(text):
        if match[1].upper() in _AREAS and not _ORDINAL.match(match[3]):
            yield match.span()


def _plates(text: str) -> Iterator[Span]:
    for match in _PLATE_NOW.finditer(text):
        year = int(match[1])
        if (2 <= year <= 29 or 51 <= year <= 79) and match[0][-3:].upper() not in _NOT_A_PLATE:
            yield match.span()
    for match in _PLATE_OLD.finditer(text):
        if (match[1] or match[2]) not in _NOT_A_PLATE and " " not in match[0]:
            yield match.span()
    for match in _PLATE_SPACED.finditer(text):
        if (match[1] or match[2]) not in _NOT_A_PLATE and not text.isupper():
            yield match.span()
    for word in _PLATE_WORD.finditer(text):
        found = _PLATE_ANY.match(text, word.end())
        if found and len(found[0]) > 4 and any(sign.isalpha() for sign in found[0]):
            yield found.span()


def _addresses(text: str) -> Iterator[Span]:
    for number in islice(_NUMBER.finditer(text), MOST_LOOKED_AT):
        following = text[number.end() : number.end() + 60]
        found = list(_NEXT_WORDS.finditer(following))[:4]
        for at, word in enumerate(found):
            spelt = word[0].casefold()
            if spelt in _NOT_IN_A_STREET or "." in following[: word.start()]:
                break
            capital = word[0][0].isupper()
            street = spelt in _STREETS or (spelt in _STREETS_WITH_CAPITAL and capital)
            if at and street:
                yield number.start(), number.end() + word.end()
                break
            if at == 1 and found[0][0].casefold() in _STREETS_IN_FRONT and (capital or found[0][0][0].isupper()):
                yield number.start(), number.end() + word.end()
                break


_SEARCHES: dict[str, Callable[[str], Iterator[Span]]] = {
    "email": _emails,
    "bank_card": _cards,
    "driving_licence": _licences,
    "phone": _phones,
    "bank_account": _accounts,
    "date_of_birth": _births,
    "national_insurance": _insurance,
    "vehicle_registration": _plates,
    "postcode": _postcodes,
    "address": _addresses,
}
