"""Whether a session that Stripe calls paid is the purchase we made."""

from dataclasses import dataclass

from payments.kinds import QuarantineReason, SessionFacts


@dataclass(frozen=True, slots=True)
class FrozenTerms:
    """What a purchase froze when it was made. An empty session id says that it has not been stored yet."""

    session_id: str
    customer_id: str
    package_code: str
    price_cents: int
    currency: str
    livemode: bool
    total_tokens: int


def find_mismatch(terms: FrozenTerms, session: SessionFacts) -> QuarantineReason | None:
    """The first way in which the session differs from the terms, or None.

    A session whose id we do not have yet is adopted: its payment can arrive before our note of its opening.
    """
    checks = [
        (QuarantineReason.LIVEMODE, session.livemode != terms.livemode),
        (QuarantineReason.SESSION, terms.session_id not in ("", session.session_id)),
        (QuarantineReason.CUSTOMER, session.customer_id != terms.customer_id),
        (QuarantineReason.PACKAGE, session.package_code != terms.package_code),
        (QuarantineReason.CURRENCY, session.currency != terms.currency),
        (QuarantineReason.NOTHING_PAID, session.payment_status == "no_payment_required"),
        (QuarantineReason.NO_TOKENS, terms.total_tokens == 0),
        (QuarantineReason.AMOUNT, session.amount_cents != terms.price_cents),
    ]
    return next((reason for reason, differs in checks if differs), None)
