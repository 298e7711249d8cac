"""τ²-bench's telecom environment in solo mode, as the other scripts here use it. Needs its package `tau2`.

The agent sees what the benchmark's own solo agent sees: the same system message, the same 43 tools and `done`; and a
run is judged by the benchmark's own evaluators.
"""

import copy
import json
import lzma
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DONE, TRANSFER = "done", "transfer_to_human_agents"
MOST_STEPS, MOST_ERRORS = 100, 10  # the benchmark's own; a call and its result are a step each


def tasks(path: Path) -> list[Any]:
    """The benchmark's tasks in a JSON file, which may be packed with xz."""
    from tau2.data_model.tasks import Task

    packed = path.read_bytes()
    plain = lzma.decompress(packed) if path.suffix == ".xz" else packed
    return [Task.model_validate(each) for each in json.loads(plain)]


def is_fix(task: Any) -> bool:
    """Whether something has to be mended; the others are to be handed to a person."""
    return all(action.name != TRANSFER for action in task.evaluation_criteria.actions or ())


class Worlds:
    """Makes an environment for each task; what they all begin with is read once."""

    def __init__(self) -> None:
        from loguru import logger

        logger.remove()
        from tau2.agent.llm_agent import AGENT_SOLO_INSTRUCTION, SYSTEM_PROMPT_SOLO
        from tau2.domains.telecom.environment import get_environment

        self._make, first = get_environment, get_environment(solo_mode=True)
        self._db, self._user_db = first.tools.db, first.user_tools.db
        self._prompt, self._instruction = SYSTEM_PROMPT_SOLO, AGENT_SOLO_INSTRUCTION
        self._policy = first.policy
        self.tools: list[dict[str, Any]] = [
            each.openai_schema for each in [*first.get_tools(), *first.get_user_tools(), _done_tool()]
        ]

    def system(self, task: Any) -> str:
        instruction = self._instruction.format(stop_function_name=DONE, stop_token="###STOP###")
        return str(self._prompt.format(agent_instruction=instruction, domain_policy=self._policy, ticket=task.ticket))

    def fresh(self, *, solo_mode: bool = True) -> Any:
        return self._make(db=copy.deepcopy(self._db), user_db=copy.deepcopy(self._user_db), solo_mode=solo_mode)

    def begin(self, task: Any) -> "Episode":
        state, env = task.initial_state, self.fresh()
        env.set_state(state.initialization_data, state.initialization_actions, [])
        return Episode(task=task, env=env, worlds=self)


def _done_tool() -> Any:
    from tau2.environment.tool import as_tool

    def done() -> str:
        """Call this function when you are done with the task."""
        return "###STOP###"

    return as_tool(done)


@dataclass
class Episode:
    """One run of one task. `messages` are the benchmark's own, for its evaluators."""

    task: Any
    env: Any
    worlds: Worlds
    messages: list[Any] = field(default_factory=list)
    errors: int = 0
    stopped: bool = False

    @property
    def over(self) -> bool:
        return self.stopped or len(self.messages) >= MOST_STEPS or self.errors >= MOST_ERRORS

    def calls(self, wanted: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[str]:
        """Carries out (id, name, arguments) and tells each one's result; `done` ends the run."""
        from tau2.data_model.message import AssistantMessage, ToolCall

        made = [ToolCall(id=i, name=name, arguments=dict(given), requestor="assistant") for i, name, given in wanted]
        if any(call.name == DONE for call in made):
            self.stopped = True
            return ["" for _ in made]
        self.messages.append(AssistantMessage(role="assistant", tool_calls=made))
        answers = [self.env.get_response(call) for call in made]
        self.messages += answers
        self.errors += sum(bool(answer.error) for answer in answers)
        return [answer.content or "" for answer in answers]

    def call(self, name: str, **arguments: Any) -> str:
        return self.calls([(f"call_{len(self.messages)}", name, arguments)])[0]

    def solved(self) -> bool:
        """As the benchmark judges: a run that was not ended by `done` is lost, whatever it mended."""
        from tau2.data_model.tasks import RewardType
        from tau2.evaluator.evaluator_action import ActionEvaluator
        from tau2.evaluator.evaluator_env import EnvironmentEvaluator

        if not self.stopped:
            return False
        reward = EnvironmentEvaluator.calculate_reward(
            lambda solo_mode=False, **_: self.worlds.fresh(solo_mode=solo_mode), self.task, self.messages, True
        ).reward
        if RewardType.ACTION in self.task.evaluation_criteria.reward_basis:
            reward *= ActionEvaluator.calculate_reward(self.task, self.messages).reward
        return bool(reward == 1.0)
