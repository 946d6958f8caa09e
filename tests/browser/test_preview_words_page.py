"""Two offices side by side and the check on one's own words, in a real browser."""

from __future__ import annotations

import pytest
from conftest import axe_findings, sideways

SIZES = [(1280, 900), (400, 800), (320, 256)]
PAGES = [
    "/preview?office=cleveland-opcc&with=north-wales-opcc&language=all",
    "/preview?office=north-wales-opcc&at=2024-06-10T18:00",
    "/preview/check?office=north-wales-opcc&intent=report_crime",
    "/preview/check?office=cleveland-opcc&intent=abuse&at=nonsense",
]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_view_can_be_used_by_everybody(ready, open_page, size):
    page = open_page(*size)
    for path in PAGES:
        page.goto(ready.address + path)
        assert axe_findings(page) == [], path
        assert sideways(page) == 0, path


def test_the_offices_stand_beside_each_other_or_below_each_other(ready, open_page):
    for width, beside in ((1280, True), (400, False)):
        page = open_page(width, 800)
        page.goto(f"{ready.address}/preview?office=cleveland-opcc")
        page.get_by_label("Compare with").select_option("north-wales-opcc")
        page.get_by_role("button", name="Show").click()
        page.get_by_role("heading", name="Replies of Cleveland PCC's office and North Wales PCC's office").wait_for()
        sides = page.locator("#request_foi .pair__side")
        first, second = sides.nth(0).bounding_box(), sides.nth(1).bounding_box()
        assert (first["y"] == second["y"]) == beside
        assert sides.nth(1).get_by_role("heading", name="North Wales").is_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_ones_own_words_are_checked_and_mended(ready, open_page, script):
    page = open_page(java_script_enabled=script)
    page.goto(f"{ready.address}/preview/check?office=cleveland-opcc&intent=thank&channel=x-reply")
    page.get_by_label("Your words").fill("Thank you. Ring 0800 111 222 any time.")
    page.get_by_role("button", name="Check these words").click()
    page.get_by_text("is in no pack").first.wait_for()
    assert "?" not in page.url
    page.get_by_role("button", name="Take these words out").first.click()
    page.wait_for_function("!document.querySelector('#reply').value.includes('0800')") if script else None
    assert "0800" not in page.get_by_label("Your words").input_value()


def test_the_check_follows_what_is_written(ready, open_page):
    page = open_page()
    page.goto(f"{ready.address}/preview/check?office=cleveland-opcc&intent=thank")
    page.get_by_label("Your words").fill("We promise that he will be arrested.")
    page.locator("#check .finding").first.wait_for()
    page.get_by_label("Your words").fill("Thank you.")
    page.locator("#check").get_by_text("No rule broken").wait_for()
