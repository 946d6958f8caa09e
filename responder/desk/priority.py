"""Where a message stands in the inbox: danger, then what nobody has read, then doubt, then what runs out, then age.

The rank is stored with the message; whether it runs out soon depends on the time of looking.

>>> rank(assessed=False, danger=None, urgency=None)
1
>>> rank(assessed=True, danger="alarm", urgency="emergency")
0
"""

from __future__ import annotations

DANGER, UNREAD, DOUBT, ORDINARY = 0, 1, 2, 3
RUNS_OUT, AGE = 3, 4  # the two bands that ORDINARY messages stand in, by the time of looking
BANDS = (DANGER, UNREAD, DOUBT, RUNS_OUT, AGE)


def rank(*, assessed: bool, danger: str | None, urgency: str | None) -> int:
    """The rank of a message; `danger` and `urgency` as they were read, or as staff set them."""
    if not assessed:
        return UNREAD
    if danger == "alarm" or urgency == "emergency":
        return DANGER
    return DOUBT if danger == "possible" else ORDINARY
