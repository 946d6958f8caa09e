"""The states of a message and of a reply, and which may follow which.

A message is `open` until its reply waits for approval (`awaiting`), is approved and stands in the outbox (`approved`)
and has gone (`answered`), or until somebody says that none is needed (`closed`). Danger that arrives opens nothing by
itself: a new message of the same person is a message of its own.
"""

from __future__ import annotations

OPEN, AWAITING, APPROVED, ANSWERED, CLOSED = "open", "awaiting", "approved", "answered", "closed"
MESSAGE_STATES = (OPEN, AWAITING, APPROVED, ANSWERED, CLOSED)
TO_DO = (OPEN, AWAITING, APPROVED)  # somebody still has to do something
SETTLED = (ANSWERED, CLOSED)

# of a reply
DRAFT, ASKED, READY, SENT, WITHDRAWN = "draft", "asked", "ready", "sent", "withdrawn"
REPLY_STATES = (DRAFT, ASKED, READY, SENT, WITHDRAWN)
