"""Tools of somebody's, as a chat request has them, for runs of an expert."""

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

from api.chat.demonstrations import Demonstration

Called: TypeAlias = tuple[str, dict[str, Any], str, bool]  # tool, arguments, result, and whether it is taught


def tool(name: str, description: str, **parameters: dict[str, str]) -> dict[str, Any]:
    """All parameters are required."""
    said: dict[str, Any] = {"name": name, "description": description}
    if parameters:
        said["parameters"] = {"type": "object", "properties": parameters, "required": list(parameters)}
    return {"type": "function", "function": said}


WIFI_AND_DONE = (
    tool("check_wifi", "Shows whether Wi-Fi is on."),
    tool("toggle_wifi", "Toggles Wi-Fi."),
    tool("done", "Call this when you are done with the task."),
)


def shown(system: str, tools: Sequence[dict[str, Any]], calls: Sequence[Called]) -> Demonstration:
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}]
    for number, (name, given, result, taught) in enumerate(calls):
        function = {"name": name, "arguments": json.dumps(given)}
        made = [{"id": f"call_{number}", "type": "function", "function": function}]
        messages.append({"role": "assistant", "tool_calls": made, "weight": int(taught)})
        messages.append({"role": "tool", "tool_call_id": f"call_{number}", "content": result})
    return Demonstration.model_validate({"id": "one", "messages": messages, "tools": list(tools)})
