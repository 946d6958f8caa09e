"""Settings for all tests."""

import os

# of practice: pages that app.py does not serve yet
collect_ignore_glob = [
    "browser/test_practice.py",
    "browser/test_trainer.py",
    "test_practice_pages.py",
    "test_trainer_pages.py",
    "test_shadowing.py",
]

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def pytest_collection_modifyitems(items: list) -> None:
    """Browser tests run last: Playwright keeps an event loop in the main thread, and Rasa's actions want their own."""
    items.sort(key=lambda item: "browser" in item.path.parts)
