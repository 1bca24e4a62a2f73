"""Who can sign in to the demo."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a person of the demo is."""

    CUSTOMER = "customer"
    SUPPORT = "support"
    FINANCE = "finance"
    SECURITY = "security"
    ADMIN = "administrator, and superuser"


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
    Person("finance@example.com", "finance-counts-twice", "Fay Finance", Part.FINANCE),
    Person("security@example.com", "security-looks-closely", "Sky Security", Part.SECURITY),
    Person("admin@example.com", "admin-runs-the-demo", "Ada Admin", Part.ADMIN),
)
