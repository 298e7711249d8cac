"""What people in offices ask for, as orders, by hand: the segmenter is to know more than help desks and travelling."""

from random import Random

ORDERS = (
    *("restart the print server", "order a headset for {name}", "book the large meeting room for {day}"),
    *("invite {name} to the channel {thing}", "create a channel named {thing}", "post the summary in {thing}"),
    *("cancel the order for {thing}", "move the stand-up to {day}", "tell the team", "email {name} the minutes"),
    *("close the ticket about {thing}", "open a ticket for {thing}", "assign it to {name}", "raise its priority"),
    *("send {name} a reminder", "archive the project {thing}", "share the folder {thing} with {name}"),
    *("print forty copies", "update the wiki page on {thing}", "delete the event on {day}", "add {name} as a guest"),
    *("change the delivery address to {thing}", "refund the last payment", "issue a new invoice", "check the stock"),
    *("reserve a car for {day}", "install {thing} on the laptop of {name}", "back up the database of {thing}"),
    *("rename the file to {thing}", "approve the leave of {name}", "ask {name} for the figures", "block my calendar"),
    *("register {name} for the training on {day}", "collect the old monitor", "renew the contract with {thing}"),
    *("set the status to on hold", "put {name} in copy", "forward it to {name}", "clear the cache of {thing}"),
    *("lock the door of the store room", "extend the deadline to {day}", "pay the bill", "switch roaming on"),
    *("turn data saver off", "reset the network settings", "replace the toner", "give {name} the key to {thing}"),
    *("translate the notice", "subscribe me to {thing}", "stop the alerts about {thing}", "plan a call with {name}"),
    *("export the report as a table", "draw a chart of the visits since {day}", "mark {thing} as done"),
)
# One order each, though there are joints in it.
LISTS = (
    *("order a laptop, a headset and a monitor for {name}", "invite {name}, {other} and me to the meeting on {day}"),
    *("book a table for {name} and {other}", "compare {thing} and the one we had before, please"),
    *("please restart the server, it hangs and nobody can print", "{name} and I cannot log in, please help"),
    *("hello, my screen flickers and goes dark, can somebody look at it", "tell me when {thing} opens and closes"),
    *(
        "I moved house, my new address is Mill Lane 4, second floor",
        "hi, {name} here, I need the report of {day}, thanks",
    ),
    *(
        "{thing} is slow, and has been since {day}. Can you check it?",
        "the meeting on {day} has to be longer and louder",
    ),
    *("if {name} is out, send it to {other}", "when {thing} is back, let me know and thanks for the help"),
    *("unless {name} objects, publish {thing}", "find a hotel near the station, quiet and not too dear"),
)
# Why something is wanted, in front of the order for it: one wish.
REASONS = (
    *("{name} is on leave from {day}", "{name} does the work of {other} now", "{thing} is full", "nobody uses {thing}"),
    *("the fair was moved to {day}", "{name} has a new phone", "{name} begins on {day}", "{thing} shows an old logo"),
    *("{name} cannot open {thing}", "the last delivery was short", "we are fewer than planned", "{name} is back again"),
    *("I spilt tea on it", "the auditors come on {day}", "{name} asked twice", "the old one was stolen on {day}"),
)
AFTER_A_REASON = (
    *(". {order}.", "; {order}, please.", ", please {order}.", ", so {order}.", ": {order}.", ". Please {order}."),
)
OPENED = ("Hello, ", "Hi all,\n", "Dear support, ", "For today: ", "Morning! ", "I am new here. ", "")
CLOSED = (" Regards, {name}", "\nCheers\n{name}", "\nYours sincerely, {name}", "\nThanks, {name}", " Many thanks!", "")
EXPLAINED = 0.2
NAMES = ("Tom", "Maria Lind", "J. Okoro", "the new intern", "Eva Berg", "our supplier", "s.weber@mail.example", "them")
THINGS = ("ops", "Blue Heron", "the spring fair", "invoice 4711", "#launch", "the archive", "Paperwing", "B-204")
DAYS = ("Monday", "3 May", "the day after tomorrow", "Friday at 10", "next week")


def order(rng: Random) -> str:
    return _filled(rng.choice(ORDERS), rng)


def explained(rng: Random) -> str:
    """An order, now and then with a reason after it, which belongs to it."""
    why = f", {_filled(rng.choice(REASONS), rng)}" if rng.random() < EXPLAINED else ""
    return f"{order(rng)}{why}"


def alone(rng: Random) -> str:
    return _filled(rng.choice(LISTS), rng)


def reasoned(rng: Random) -> str:
    """A reason, and the one order that it is given for."""
    reason, then = _filled(rng.choice(REASONS), rng), rng.choice(AFTER_A_REASON).format(order=order(rng))
    return f"{reason[0].upper()}{reason[1:]}{then}"


def dressed(text: str, rng: Random) -> str:
    """With a greeting in front, or a name below."""
    return f"{rng.choice(OPENED)}{text}{_filled(rng.choice(CLOSED), rng)}"


def _filled(pattern: str, rng: Random) -> str:
    name, other = rng.sample(NAMES, 2)
    return pattern.format(name=name, other=other, thing=rng.choice(THINGS), day=rng.choice(DAYS))
