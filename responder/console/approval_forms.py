"""Approval rules on a page: said in words, read from a form, moved about.

>>> moved(["a", "b", "c"], 2, -1)
['b', 'a', 'c']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from responder.console import words
from responder.desk.desk_rules import APPROVERS, LISTS, ApprovalRule, Condition, Names
from responder.drafting.packs import Packs

Item = TypeVar("Item")
LONGEST_WHY = 300
WHO = {0: "Nobody else", 1: "An approver", 2: "Two approvers who didn't write it"}
HINTS = {0: "Whoever answers sends it", 1: "It may be the one who wrote it"}
DANGERS = {"alarm": "Danger now", "possible": "Danger can't be ruled out", "none": "No danger read"}
PUBLIC = {"": "Anywhere", "yes": "Where everybody can see it", "no": "In private"}


@dataclass(frozen=True)
class Typed:
    """A rule as it was typed; `errors` by field."""

    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    public: str = ""
    approvers: str = ""
    why: str = ""
    before: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    def as_rule(self) -> dict[str, Any]:
        """In the shape of a desk.yml, of a form without errors."""
        when: dict[str, Any] = {key: list(values) for key, values in self.lists.items() if values}
        if self.public:
            when["public"] = self.public == "yes"
        return {**({"when": when} if when else {}), "approvers": int(self.approvers), "why": self.why}


def of_rule(rule: ApprovalRule) -> Typed:
    """A rule that is there, for the form that changes it."""
    public = {None: "", True: "yes", False: "no"}[rule.when.public]
    lists = {key: getattr(rule.when, key) for key in LISTS}
    return Typed(lists, public, str(rule.approvers), rule.why)


def read(form: MultiDict[str, str], names: Names, *, is_last: bool) -> Typed:
    """What was typed, with what is wrong. The last rule has no condition."""
    lists = {} if is_last else {key: _known(form.getlist(key), names.allowed(key)) for key in LISTS}
    public = form.get("public", "")
    public = "" if is_last or public not in PUBLIC else public
    approvers = form.get("approvers", "")
    why = " ".join(form.get("why", "").split())
    errors = {}
    if not is_last and not public and not any(lists.values()):
        errors["conditions"] = "Choose at least one thing that the rule is for."
    if approvers not in {str(number) for number in APPROVERS}:
        errors["approvers"] = "Choose who must approve."
    if not why:
        errors["why"] = "Say why: staff read it beside the reply."
    elif len(why) > LONGEST_WHY or not why.isprintable():
        errors["why"] = f"Say why in at most {LONGEST_WHY} plain characters."
    return Typed(lists, public, approvers, why, form.get("before", ""), errors)


def said(packs: Packs, when: Condition) -> list[str]:
    """A condition in words, each of which must hold; nothing for a rule that always holds."""
    titles: dict[str, Mapping[str, str]] = {
        "intent": {name: intent.title for name, intent in packs.intents.items()},
        "family": {name: f"anything in “{title}”" for name, title in words.FAMILIES.items()},
        "urgency": words.URGENCIES,
        "channel": {name: channel.title for name, channel in packs.channels.items()},
        "danger": DANGERS,
    }
    given = {key: getattr(when, key) for key in LISTS}
    told = [words.listed([titles[key].get(one, one) for one in some], "or") for key, some in given.items() if some]
    if when.public is not None:
        told.append(PUBLIC["yes" if when.public else "no"])
    return [f"{one[0].upper()}{one[1:]}" for one in told]


def moved(items: Sequence[Item], number: int, by: int) -> list[Item]:
    """The list with its `number`th (from 1) moved up (-1) or down (1); as it was where there is no room.

    The last one stays last.
    """
    found, other = number - 1, number - 1 + by
    new = list(items)
    if 0 <= found < len(new) - 1 and 0 <= other < len(new) - 1:
        new[found], new[other] = new[other], new[found]
    return new


def _known(given: Sequence[str], allowed: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in allowed if one in given)
