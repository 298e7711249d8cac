"""Tools of somebody's, as a chat request has them, for runs of an expert."""

from typing import Any


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
