"""A trainee who practises by links and forms alone, for tests of the pages.

>>> trainee = Trainee(app.test_client())  # doctest: +SKIP
>>> trainee.begin("national/blink-twice").answer(answer).says("Passed")  # doctest: +SKIP
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from desk_filling import Element, Person, form_of, plain, tree

from responder.practice.scenarios import Answer

TICKED = ("radio", "checkbox")


class Trainee(Person):
    """Somebody without JavaScript; `press` sends what the form with that button holds, ticks and all."""

    def press(self, button: str, nth: int = 0, **given: Any) -> Trainee:
        """Fill in fields by their names (a list: several boxes), then press a button; the rest stays as it is shown."""
        page = tree(self.html)
        found = [one for one in page.all("button") if plain(one.text) == button and form_of(page, one) is not None]
        assert len(found) > nth, f"no button “{button}” among {sorted(self.buttons)}"
        form = form_of(page, found[nth])
        assert form is not None
        values = _values(form, given)
        if "name" in found[nth].attrs:
            values[found[nth].attrs["name"]] = [found[nth].attrs.get("value", "")]
        address = found[nth].attrs.get("formaction") or form.attrs["action"]
        if form.attrs.get("method") == "post":
            self._arrive(self.client.post(address, data=values), address)
        else:
            self._arrive(self.client.get(address, query_string=values), address)
        return self

    def begin(self, scenario: str, office: str = "cleveland-opcc", **given: Any) -> Trainee:
        """Open a scenario's first page and begin it, its words shown."""
        self.go(f"/practice/{scenario}?office={office}")
        self.press("Begin", **given)
        if "Show the words" in self.buttons:
            self.press("Show the words")
        return self

    def answer(self, answer: Answer, hand_in: bool = True) -> Trainee:
        """Answer the message in hand, step by step."""
        self.press("Continue", intent=answer.intent, urgency=answer.urgency, flags=list(answer.flags))
        self.press("Continue", do=answer.do, tell=list(answer.tell), moderate=answer.moderate)
        written = {"reply": answer.reply} if answer.do == "reply" else {}
        if not hand_in:
            return self.press("Back", **written).press("Continue")
        return self.press("Hand in", **written)

    def take(self, sender: str) -> Trainee:
        """Open a message of a shift's inbox by who wrote it."""
        rows = [one for one in self.page.all("a", cls="row__link") if sender in one.text]
        assert len(rows) == 1, f"{len(rows)} rows from {sender}"
        self.go(rows[0].attrs["href"])
        return self

    def object_to(self, nth: int) -> Trainee:
        """Open the form for one of the missed marks."""
        links = [one for one in self.page.all("a") if plain(one.text).startswith("Object to this mark")]
        self.go(links[nth].attrs["href"])
        return self


def _values(form: Element, given: dict[str, Any]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    offered: dict[str, set[str] | None] = {}
    for one in form.all("input", "textarea", "select"):
        name, kind = one.attrs.get("name", ""), one.attrs.get("type")
        value = one.attrs.get("value", "")
        if one.tag == "select":
            options = [(option.attrs.get("value", plain(option.text)), "selected" in option.attrs)
                       for option in one.all("option")]  # fmt: skip
            offered[name] = {value for value, _ in options}
            values[name] = [next((value for value, chosen in options if chosen), options[0][0])]
        elif kind in TICKED:
            offered[name] = (offered.get(name) or set()) | {value}
            values.setdefault(name, [])
            values[name] += [value] if "checked" in one.attrs else []
        else:
            offered[name], values[name] = None, [one.text if one.tag == "textarea" else value]
    for name, wanted in given.items():
        chosen = list(wanted) if isinstance(wanted, (list, tuple)) else [wanted]
        assert name in values, f"no field {name} in {sorted(values)}"
        allowed = offered[name]
        assert allowed is None or set(chosen) <= allowed, f"{name} offers {allowed}, not {chosen}"
        values[name] = chosen
    return values
