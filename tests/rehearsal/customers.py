"""What happens between the dump and the loss: run in the product's own environment, tells JSON."""

import json
import os
import uuid
from datetime import timedelta

import django

CUSTOMERS, SPENT_EACH, HELD_EACH = 2, 5, 1
HELD_FOR = timedelta(days=1)


def live(number: int) -> dict[str, str]:
    """Somebody opens an account and starts to buy, and of the test customer's tokens some are spent and some held."""
    from django.utils import timezone  # noqa: PLC0415 - needs the settings

    from identity.models import User  # noqa: PLC0415 - needs the apps
    from identity.services.accounts import open_account_for_email  # noqa: PLC0415 - needs the apps
    from identity.services.probes import PROBE_EMAIL  # noqa: PLC0415 - needs the apps
    from payments.services.purchases import start_purchase  # noqa: PLC0415 - needs the apps
    from tokens.kinds import ServiceCall  # noqa: PLC0415 - needs the apps
    from tokens.services import holds  # noqa: PLC0415 - needs the apps
    from tokens.services.spending import spend  # noqa: PLC0415 - needs the apps

    now = timezone.now()
    buyer = open_account_for_email(
        email=f"buyer-{number}@example.com", password="x" * 20, email_verified=True, now=now
    )
    purchase = start_purchase(
        buyer_id=buyer.id, package_code="basic", idempotency_key=str(uuid.uuid4()), now=now
    )
    spender = User.objects.get(email=PROBE_EMAIL)
    call = ServiceCall("rehearsal", f"spend-{number}", "lost")
    spend(user_id=spender.id, amount=SPENT_EACH, call=call, now=now)
    held = ServiceCall("rehearsal", f"hold-{number}", "lost")
    holds.place(user_id=spender.id, amount=HELD_EACH, expires_at=now + HELD_FOR, call=held, now=now)
    return {"session": str(purchase.stripe_session_id), "spender": str(spender.id)}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print("\n" + json.dumps([live(number) for number in range(CUSTOMERS)]))
