"""Makes many people that are nobody, to measure what many cost."""

from collections.abc import Sequence
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from identity.kinds import Person
from identity.limits import SEED_BATCH
from identity.models import User

UID_PREFIX = "seed-load-"
_NO_PASSWORD = make_password(None)


def seeded_people() -> list[Person]:
    """Those that there are, in the order in which they came."""
    rows = User.objects.filter(firebase_uid__startswith=UID_PREFIX).order_by("id")
    return [Person(user_id, str(uid)) for user_id, uid in rows.values_list("id", "firebase_uid")]


def add_people(*, numbers: range, now: datetime) -> list[Person]:
    """Add people with these numbers, without what else belongs to an account: a wallet, say."""
    users = [
        User(
            email=f"{UID_PREFIX}{number}@example.com",
            firebase_uid=f"{UID_PREFIX}{number}",
            display_name=f"Customer {number}",
            password=_NO_PASSWORD,
            date_joined=now,
        )
        for number in numbers
    ]
    with transaction.atomic():
        User.objects.bulk_create(users, batch_size=SEED_BATCH)
        EmailAddress.objects.bulk_create(_addresses(users), batch_size=SEED_BATCH)
    return [Person(user.id, str(user.firebase_uid)) for user in users]


def _addresses(users: Sequence[User]) -> list[EmailAddress]:
    return [EmailAddress(user=user, email=str(user.email), primary=True, verified=True) for user in users]
