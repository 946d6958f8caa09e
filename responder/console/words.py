"""How the console says things: the field's words for names, numbers and times.

>>> sureness(0.93), percent(0.93)
('sure', '93 %')
>>> day_in_words(date(2026, 12, 18), date(2026, 11, 20))
'Friday 18 December'
"""

from __future__ import annotations

from datetime import date, datetime

FAMILIES = {
    "safety": "Safety",
    "moderation": "Moderation",
    "rights": "Rights and complaints",
    "engagement": "Engagement",
    "small_talk": "Small talk and the rest",
}
URGENCIES = {"emergency": "Emergency", "urgent": "Urgent", "routine": "Routine"}
HANDLINGS = {"reply": "A reply to look over", "no_reply": "The policy says: no reply", "person": "Goes to a person"}
FLAGS = {
    "personal_data": "personal data",
    "identifies_person": "names a person",
    "profanity": "swearing",
    "link": "link",
    "live_case": "live case",
    "vulnerable": "someone vulnerable",
    "political": "party politics",
    "defamation_risk": "may be defamation",
}
KINDS = {
    "email": "e-mail address",
    "phone": "phone number",
    "phone_number": "phone number",
    "postcode": "postcode",
    "address": "home address",
    "date_of_birth": "date of birth",
    "dob": "date of birth",
    "national_insurance": "National Insurance number",
    "driving_licence": "driving licence number",
    "ni_number": "National Insurance number",
    "nino": "National Insurance number",
    "vehicle_registration": "vehicle registration",
    "vrm": "vehicle registration",
    "registration": "vehicle registration",
    "bank": "bank details",
    "card": "card number",
    "url": "link",
    "collar_number": "collar number",
}
MODERATION = {
    "none": "Leave it up",
    "hide": "Hide it",
    "remove": "Remove it",
    "warn": "Warn the sender",
    "report-to-platform": "Report it to the platform",
    "report-as-crime": "Report it as a crime",
    "consider-block": "Consider a block",
}
LANGUAGES = {"en": "English", "cy": "Cymraeg"}
LANGUAGES_IN_ENGLISH = {"en": "English", "cy": "Welsh"}
CLAUSE_KINDS = {
    "statute": "law",
    "guidance": "guidance",
    "office_policy": "the office's policy",
    "national_practice": "common practice",
}
# ours, not the locale's
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def sureness(confidence: float) -> str:
    """The word beside the number: sure, likely or unsure."""
    if confidence >= 0.8:
        return "sure"
    return "likely" if confidence >= 0.5 else "unsure"


def percent(confidence: float) -> str:
    """0 to 1 as a whole number of percent; never 0 % or 100 % of something that was only guessed."""
    return f"{min(99, max(1, round(confidence * 100)))} %"


def flag_name(name: str, kind: str | None = None) -> str:
    """What a flag is called beside the words it marks."""
    if kind:
        return KINDS.get(kind, kind.replace("_", " "))
    return FLAGS.get(name, name.replace("_", " "))


def day_in_words(day: date, today: date) -> str:
    """A day as people say it, seen from `today`."""
    away = (day - today).days
    if away in (0, 1, -1):
        return {0: "today", 1: "tomorrow", -1: "yesterday"}[away]
    said = f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"
    return said if abs(away) < 180 else f"{said} {day.year}"


def due_in_words(due: str | None, today: date) -> str | None:
    """An ISO date as `by Friday 18 December`; None stays None."""
    if not due:
        return None
    said = day_in_words(date.fromisoformat(due), today)
    return said if said == "today" else f"by {said}"


def moment_in_words(at: datetime) -> str:
    """`Friday 20 November 2026, 9:40`."""
    return f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at.year}, {at.hour}:{at.minute:02d}"


def size_in_words(length: int, limit: int | None) -> str:
    """`214 of 1,000 characters`."""
    if limit is None:
        return f"{length:,} characters"
    return f"{length:,} of {limit:,} characters"


def listed(items: list[str], last: str = "and") -> str:
    """`1`, `1 and 2`, `1, 2 and 3`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""
