"""Signing in, the one-time link and accounts in a real browser, with and without JavaScript."""

from __future__ import annotations

import pytest
from conftest import axe_findings, sideways
from console_support import account_for

from responder.desk import accounts
from responder.desk.audit import COMMAND_LINE

SIZES = [(1280, 900), (400, 800), (320, 256)]
PASSWORD = "correct horse battery"


def link_for(app, account):
    with app.extensions["database"].write() as connection:
        return accounts.new_link(connection, COMMAND_LINE, account.id, app.extensions["clock"]())


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_page_about_accounts_can_be_used_by_everybody(ready, open_page, size):
    someone = account_for(ready.app, "approver", ["north-wales-opcc"])
    out, low, page = open_page(*size, account=None), open_page(*size, account=someone), open_page(*size)
    seen = [
        (out, "/sign-in?next=/preview", "Sign in"),
        (out, f"/welcome/{link_for(ready.app, someone)}", "Set the password and sign in"),
        (out, "/welcome/nobodys", None),
        (low, "/admin/accounts", None),
        (page, "/account", "Change the password"),
        (page, "/admin/accounts", None),
        (page, "/admin/accounts/new", "Add, and make a link"),
        (page, f"/admin/accounts/{someone.id}", "Make a new link"),
    ]
    for where, path, button in seen:
        where.goto(f"{ready.address}{path}")
        assert (axe_findings(where), sideways(where)) == ([], 0), path
        if button:  # and after its form was sent as it is
            where.get_by_role("button", name=button).click()
            assert (axe_findings(where), sideways(where)) == ([], 0), f"{path}, {button}"


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_link_to_signing_in_again(ready, open_page, javascript):
    admin = open_page(java_script_enabled=javascript)
    admin.goto(f"{ready.address}/admin/accounts/new")
    name = f"new.{javascript}".lower()
    admin.get_by_label("Name for signing in").fill(name)
    admin.get_by_label("Full name").fill("Nia New")
    admin.get_by_label("North Wales").check()
    admin.get_by_role("button", name="Add, and make a link").click()
    link = admin.get_by_label("The link").input_value()

    page = open_page(account=None, java_script_enabled=javascript)
    page.goto(link)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password and sign in").click()
    page.get_by_text("Your password is set").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()

    page.goto(f"{ready.address}/preview?office=north-wales-opcc")
    page.get_by_label("Your name for signing in").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Replies of North Wales").wait_for()
    assert page.url.endswith("/preview?office=north-wales-opcc")


def test_what_was_typed_survives_signing_out_elsewhere(ready, open_page):
    someone = account_for(ready.app, "moderator")
    page = open_page(account=someone)
    page.goto(f"{ready.address}/draft")
    page.get_by_label("Message", exact=True).fill("Someone nicked my van\n\nlast night")
    page.get_by_label("Office").select_option("north-wales-opcc")
    with ready.app.extensions["database"].write() as connection:
        accounts.disable(connection, COMMAND_LINE, someone.id, ready.app.extensions["clock"]())
    page.get_by_role("button", name="Draft a reply").click()
    page.get_by_role("heading", name="You're signed out").wait_for()
    assert page.get_by_label("What you had typed, 1 of 1").input_value() == "Someone nicked my van\n\nlast night"
    assert axe_findings(page) == []
