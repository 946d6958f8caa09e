"""Settings for all tests."""

import os

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def pytest_collection_modifyitems(items: list) -> None:
    """Browser tests run last: Playwright keeps an event loop in the main thread, and Rasa's actions want their own."""
    items.sort(key=lambda item: "browser" in item.path.parts)
