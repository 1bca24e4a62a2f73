"""Who can sign in to the demo."""

from dataclasses import dataclass
from enum import StrEnum

SUPPORT_GROUP = "Support"


class Part(StrEnum):
    """What a person of the demo is."""

    CUSTOMER = "customer"
    SUPPORT = "support staff, may look at everything in the admin"
    ADMIN = "administrator"


@dataclass(frozen=True)
class Person:
    """One sign-in. The password is no secret: it is printed at every start."""

    email: str
    password: str
    name: str
    part: Part


PEOPLE = (
    Person("alice@example.com", "alice-buys-tokens", "Alice", Part.CUSTOMER),
    Person("support@example.com", "support-helps-alice", "Sam Support", Part.SUPPORT),
    Person("admin@example.com", "admin-runs-the-demo", "Ada Admin", Part.ADMIN),
)
