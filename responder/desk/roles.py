"""Who may do what. A role may do all that the one before it may, and more.

>>> may("moderator", "close"), may("trainee", "close")
(True, False)
"""

from __future__ import annotations

ROLES = ("trainee", "moderator", "approver", "manager", "administrator")
TITLES = {
    "trainee": "Trainee",
    "moderator": "Moderator",
    "approver": "Approver",
    "manager": "Manager",
    "administrator": "Administrator",
}
WHAT = {
    "trainee": "reads, drafts and asks for approval; approves and closes nothing",
    "moderator": "answers, corrects, assigns, closes; approves where the office asks for nobody else",
    "approver": "also approves what others wrote",
    "manager": "also sees reports and the audit, confirms facts and sets how many must approve",
    "administrator": "also makes and disables accounts",
}
# permission: the least role that has it
LEAST = {
    "read": "trainee",  # inbox, messages, preview, the draft page
    "write": "trainee",  # edit a reply, ask for approval, note, escalate, take a message on
    "receive": "moderator",  # put a message into the inbox by hand
    "correct": "moderator",  # say what a message is
    "assign": "moderator",
    "close": "moderator",  # no reply needed; open again
    "send": "moderator",  # approve where nobody else is asked; mark as sent
    "approve": "approver",
    "teach": "moderator",
    "practise": "trainee",
    "train": "approver",  # others' results, objections, scenarios of one's own
    "report": "manager",
    "manage": "manager",  # facts, approval rules, packs
    "audit": "manager",
    "accounts": "administrator",
}


def may(role: str, permission: str) -> bool:
    """Whether a role has a permission. Raises KeyError for one that does not exist: that is a fault of ours."""
    return ROLES.index(role) >= ROLES.index(LEAST[permission])
