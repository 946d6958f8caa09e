"""A served console's desk with people and messages, and a person who works there by links and forms alone.

>>> desk = ServedDesk(app)  # doctest: +SKIP
>>> person = desk.person("moderator")  # doctest: +SKIP
>>> person.go(f"/messages/{desk.message()}").press("Approve").says("Approved.")  # doctest: +SKIP
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import sqlalchemy as sa
from console_support import PageClient
from decisions_support import QUESTION, Desk

from responder.desk import states
from responder.desk.tables import message

VOID = {"input", "meta", "link", "br", "path", "rect", "circle", "hr", "img", "col"}
_numbers = itertools.count(1)
TYPED = ("text", "search", "date", "time", "password", "email", "number")


class ServedDesk(Desk):
    """The desk of an application, with the people of `decisions_support`; its time is the application's clock."""

    def __init__(self, app: Any, served: Any = None) -> None:
        self.app, self.served, self._clock = app, served, app.extensions["clock"]
        super().__init__(app.extensions["database"])
        self.rules = app.extensions["rules"]

    @property
    def address(self) -> str:
        """Where it is served."""
        return str(self.served.address)

    @property
    def now(self) -> datetime:
        """The time of the application."""
        return self._clock.now

    @now.setter
    def now(self, moment: datetime) -> None:
        self._clock.now = moment

    def message(self, text: str = QUESTION, read: bool = True, **given: Any) -> int:
        """A message that came in just now, from somebody who wrote nothing else unless an author is given."""
        return super().message(text, read, **{"author": f"sender.{next(_numbers)}", **given})

    def person(self, who: str) -> Person:
        """Somebody of the desk, signed in."""
        return Person(self.app.test_client(account=self.people[who]))

    def somebody(self, role: str, *offices: str) -> Person:
        """Somebody new of these offices, signed in."""
        account = self.hire(f"new.{len(self.people)}", f"N. {role.title()}", role, offices)
        return Person(self.app.test_client(account=account))

    def settle(self, office: str) -> None:
        """Let nothing be left to do at an office."""
        with self.database.write() as connection:
            here = sa.and_(message.c.office == office, message.c.state.in_(states.TO_DO))
            connection.execute(sa.update(message).where(here).values(state=states.CLOSED))


class Element:
    """An element of a page. `text` is what a reader sees of it, spaces as they stand."""

    def __init__(self, tag: str, attrs: dict[str, str], parent: Element | None = None) -> None:
        self.tag, self.attrs, self.parent = tag, attrs, parent
        self.inside: list[Element | str] = []

    @property
    def text(self) -> str:
        """All words in it; of a text area, without the line end that opens it."""
        found = "".join(one if isinstance(one, str) else one.text for one in self.inside)
        return found[1:] if self.tag == "textarea" and found.startswith("\n") else found

    def text_without(self, cls: str) -> str:
        """All words in it but those in an element of that class."""
        if cls in self.attrs.get("class", "").split():
            return ""
        return "".join(one if isinstance(one, str) else one.text_without(cls) for one in self.inside)

    def all(self, *tags: str, **attrs: str) -> list[Element]:
        """The elements below with one of these tags (none: any) and these attributes; `cls` is one of the classes."""
        found = []
        for one in self.inside:
            if isinstance(one, Element):
                if (not tags or one.tag in tags) and one._has(attrs):
                    found.append(one)
                found += one.all(*tags, **attrs)
        return found

    def one(self, *tags: str, **attrs: str) -> Element:
        """The only such element."""
        found = self.all(*tags, **attrs)
        assert len(found) == 1, f"{len(found)} of {tags} {attrs}"
        return found[0]

    def within(self, tag: str) -> Element | None:
        """The nearest element around it with that tag."""
        around = self.parent
        while around is not None and around.tag != tag:
            around = around.parent
        return around

    def _has(self, attrs: dict[str, str]) -> bool:
        classes = self.attrs.get("class", "").split()
        return all(
            value in classes if name == "cls" else self.attrs.get(name) == value for name, value in attrs.items()
        )


class Tree(HTMLParser):
    """A page as elements."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self._at = Element("", {})
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs}, self._at)
        self._at.inside.append(made)
        if tag not in VOID:
            self._at = made

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._at.tag == tag and self._at.parent is not None:
            self._at = self._at.parent

    def handle_data(self, data: str) -> None:
        self._at.inside.append(data)


def tree(html: str) -> Element:
    """The elements of a page."""
    return Tree(html).root


def plain(text: str) -> str:
    """Text with single spaces."""
    return re.sub(r"\s+", " ", text).strip()


@dataclass
class Person:
    """Somebody without JavaScript. `addresses` are all that they asked for or were sent to."""

    client: PageClient
    addresses: list[str] = field(default_factory=list, repr=False)
    status: int = 0
    html: str = field(default="", repr=False)

    def go(self, address: str) -> Person:
        """Open a page, and follow where it leads."""
        return self._arrive(self.client.get(address), address)

    def press(self, button: str, nth: int = 0, **typed: str) -> Person:
        """Fill in the form that has this button and press it; what is not typed stays as the page shows it."""
        page = self.page
        found = [one for one in page.all("button") if plain(one.text) == button and form_of(page, one)]
        assert len(found) > nth, f"no button “{button}” among {[plain(b.text) for b in page.all('button')]}"
        form = form_of(page, found[nth])
        assert form is not None
        values = dict(values_of(form))
        assert set(typed) <= set(values), f"no field {set(typed) - set(values)} in {set(values)}"
        values |= typed
        if "name" in found[nth].attrs:
            values[found[nth].attrs["name"]] = found[nth].attrs.get("value", "")
        address = found[nth].attrs.get("formaction") or form.attrs["action"]
        if form.attrs.get("method") == "post":
            return self._arrive(self.client.post(address, data=values), address)
        return self._arrive(self.client.get(address, query_string=values), address)

    def follow(self, link: str) -> Person:
        """Follow the first link with these words."""
        found = [one for one in self.page.all("a") if plain(one.text) == link]
        assert found, f"no link “{link}”"
        return self.go(found[0].attrs["href"])

    @property
    def page(self) -> Element:
        """The page as elements."""
        return tree(self.html)

    @property
    def words(self) -> str:
        """What the page says, in one line, without the list of other messages beside it."""
        main = self.page.one("main")
        return plain(main.text_without("three__list"))

    @property
    def banner(self) -> str:
        """What the page says was done."""
        return plain(" ".join(one.text for one in self.page.all(cls="said-done")))

    @property
    def heading(self) -> str:
        """The h1."""
        return plain(self.page.one("h1").text)

    @property
    def reply(self) -> str:
        """The words in the reply's text area."""
        return self.page.one("textarea", id="reply").text

    @property
    def buttons(self) -> set[str]:
        """What can be pressed."""
        return {plain(one.text) for one in self.page.one("main").all("button") if "hidden" not in one.attrs}

    def says(self, *words: str) -> Person:
        """Make sure that the page says this."""
        for one in words:
            assert one in self.words, f"“{one}” is not in: {self.words[:3000]}"
        return self

    def says_not(self, *words: str) -> Person:
        """Make sure that the page does not say this."""
        for one in words:
            assert one not in self.words, f"“{one}” is in: {self.words[:3000]}"
        return self

    def _arrive(self, answer: Any, address: str) -> Person:
        self.addresses.append(address)
        while answer.status_code in (301, 302, 303, 307, 308):
            self.addresses.append(answer.headers["Location"])
            answer = self.client.get(answer.headers["Location"])
        self.status, self.html = answer.status_code, answer.text
        return self


def form_of(page: Element, button: Element) -> Element | None:
    """The form that a button sends: the one that it names, or the one around it."""
    return page.one("form", id=button.attrs["form"]) if "form" in button.attrs else button.within("form")


def values_of(form: Element) -> list[tuple[str, str]]:
    """What a form would send without a button, as the page shows it."""
    found = []
    for one in form.all("input", "textarea", "select"):
        name = one.attrs.get("name")
        if not name or "disabled" in one.attrs:
            continue
        if one.tag == "select":
            options = one.all("option")
            chosen = next((option for option in options if "selected" in option.attrs), options[0])
            found.append((name, chosen.attrs.get("value", plain(chosen.text))))
        elif one.tag == "textarea":
            found.append((name, one.text))
        elif one.attrs.get("type", "text") in ("hidden", *TYPED) or "checked" in one.attrs:
            found.append((name, one.attrs.get("value", "")))
    return found
