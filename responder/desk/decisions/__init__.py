"""What staff decide about a message: each a function on an open transaction, which also writes its line of the audit.

The page that a decision comes from says what it saw: the reply's version, and the newest message of the conversation.
If that is no longer so, somebody or something was quicker, and the decision is refused with a sentence that says what
happened: two people never send twice, and nothing goes out that was written before the last message came.

>>> approve(connection, acting, message_id, Words("Ring 101.", version=1, saw=7))  # doctest: +SKIP
Approved(complete=True, still_needed=0)
"""

from responder.desk.decisions.acting import (
    LONGEST_NOTE,
    LONGEST_REASON,
    LONGEST_REPLY,
    Acting,
    Approved,
    Conflict,
    Refused,
    Stale,
    Words,
    closed,
    need_of,
)
from responder.desk.decisions.duties import duty_id, open_duties, undone
from responder.desk.decisions.messages import (
    add_note,
    assign,
    close,
    colleagues,
    correct,
    end_warning,
    escalate,
    reopen,
    see,
    settle_escalation,
    taught,
    tick,
    warn_of,
)
from responder.desk.decisions.replies import approve, ask, mark_sent, not_sent, save_reply, send_back, take_back

__all__ = [
    "LONGEST_NOTE",
    "LONGEST_REASON",
    "LONGEST_REPLY",
    "Acting",
    "Approved",
    "Conflict",
    "Refused",
    "Stale",
    "Words",
    "add_note",
    "approve",
    "ask",
    "assign",
    "close",
    "closed",
    "colleagues",
    "correct",
    "duty_id",
    "end_warning",
    "escalate",
    "mark_sent",
    "need_of",
    "not_sent",
    "open_duties",
    "reopen",
    "save_reply",
    "see",
    "send_back",
    "settle_escalation",
    "take_back",
    "taught",
    "tick",
    "undone",
    "warn_of",
]
