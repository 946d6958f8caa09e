"""Languages: English and Welsh, mixed ones by their request, others for a person."""

from __future__ import annotations

import pytest

from responder.nlu.language import read_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("my bike was stolen last night", "en"),
        ("ta", "en"),
        ("how do i complain", "en"),
        ("Mae rhywun wedi dwyn fy meic", "cy"),
        ("diolch", "cy"),
        ("ma na ddyn yn drws cefn", "cy"),
        ("Bore da. Ble mae'r swyddfa?", "cy"),
        ("Hello there. Sut mae gwneud cwyn am yr heddlu?", "cy"),  # asked in Welsh
        ("Bore da. Where is the nearest police station please?", "en"),  # asked in English
        ("", "en"),
        ("🙂", "en"),
    ],
)
def test_english_or_welsh(text: str, code: str) -> None:
    found = read_language(text)
    assert (found.code, found.other) == (code, None)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Dzień dobry, ktoś ukradł mój rower wczoraj wieczorem", "pl"),
        ("Bonjour, on a volé mon vélo hier soir devant la gare", "fr"),
        ("Привет, мне нужна помощь", "ru"),
        ("مرحبا أحتاج إلى مساعدة", "ar"),
        ("yardım edin kocam beni dövüyor lütfen", "tr"),
    ],
)
def test_another_language_is_noticed(text: str, other: str) -> None:
    assert read_language(text).other == other


@pytest.mark.parametrize(
    "text", ["Wigston LE18 3QD", "asdfghj", "lol", "Ryhope Seaham Blyth", "clowns clowns clowns", "sos"]
)
def test_what_is_short_or_odd_is_not_called_foreign(text: str) -> None:
    assert read_language(text).other is None
