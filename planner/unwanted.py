"""Is anything to be changed at all? "Is her account locked?" and "Leave it locked" are about unlocking, too."""

from models.lam import Situation
from planner import questions
from planner.seams import Interpreter

SAYS = {
    "order": "",
    "question": "as I read it, you only want to know something",
    "veto": "as I read it, you want it left as it is",
}


def unwanted(situation: Situation, interpreter: Interpreter) -> str:
    """Why the requester should be asked before anything is changed for them; empty for an order.

    The whole request says: what is left of "Could you unlock her, and give her VPN?" by itself may look like a
    question. Who wants to know something is told what was found.
    """
    act = interpreter.act(situation.task.text)
    found = questions.found(situation.observations) if act == "question" else ""
    return f"{SAYS[act]}. {found}" if found else SAYS[act]


def anything(situation: Situation, interpreter: Interpreter) -> str:
    """What is asked instead of what a change lacks, where there may be no change to make; empty where it was asked."""
    why = unwanted(situation, interpreter)
    said = why.partition(".")[0].lower()
    asked = [each.text for each in situation.task.utterances if each.speaker != "requester"]
    return questions.anything(why) if why and not any(said in text.lower() for text in asked) else ""
