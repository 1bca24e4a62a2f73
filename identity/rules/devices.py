"""What people call a device, of what its browser says that it is."""

from typing import Final

from ua_parser import parse

UNNAMED: Final = "Unnamed"


def device_words(user_agent: str) -> str:
    """Name browser and system: `Firefox 140 on Linux`.

    What neither is known of is told as it is: whoever signs in says it, so it proves nothing, and is only recognised.
    """
    known = parse(user_agent)
    browser, system = known.user_agent, known.os
    named = [
        " ".join(filter(None, (part.family, part.major))) for part in (browser, system) if part is not None
    ]
    return " on ".join(named) or user_agent or UNNAMED
