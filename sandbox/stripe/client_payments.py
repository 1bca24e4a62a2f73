"""What people and banks do with payments: pay, refuse, give back, dispute. A part of `SandboxControls`."""

from dataclasses import dataclass
from typing import Any, Literal

from sandbox.stripe.client_calls import Caller

DisputeMove = Literal["review", "win", "lose", "withdraw", "reinstate", "escalate", "drop"]


@dataclass(frozen=True)
class Paid:
    """How a payment went: `decline_code` and `message` are None when it succeeded."""

    paid: bool
    session: dict[str, Any]
    decline_code: str | None
    message: str | None


class PaymentControls(Caller):
    """The controls of payments."""

    def pay(
        self,
        session_id: str,
        card: str = "4242424242424242",
        *,
        email: str = "buyer@example.com",
        name: str = "Alice Buyer",
        country: str = "US",
    ) -> Paid:
        """Pay an open session as a person would; a declining card leaves it open."""
        order = {"card": card, "email": email, "name": name, "country": country}
        answer = self._object("POST", f"/sessions/{session_id}/pay", order)
        return Paid(answer["paid"], answer["session"], answer["decline_code"], answer["message"])

    def debit(
        self,
        session_id: str,
        account: str = "000123456789",
        *,
        email: str = "buyer@example.com",
        name: str = "Alice Buyer",
    ) -> dict[str, Any]:
        """Pay an open session by bank debit: it completes unpaid, and the bank decides in 3 days.

        Returns the session. Account 000123456789 settles, 000222222227 fails, 000000000009 waits to be told.
        """
        order = {"account": account, "email": email, "name": name}
        return self._object("POST", f"/sessions/{session_id}/debit", order)

    def settle(self, session_id: str) -> dict[str, Any]:
        """Have the bank pay a session's debit now; returns the session."""
        return self._object("POST", f"/sessions/{session_id}/settle")

    def fail(self, session_id: str, code: str = "insufficient_funds") -> dict[str, Any]:
        """Have the bank refuse a session's debit now, or late, after it was settled; returns the session."""
        return self._object("POST", f"/sessions/{session_id}/fail", {"code": code})

    def refund(
        self,
        payment_id: str,
        amount: int | None = None,
        *,
        reason: str | None = None,
        status: Literal["pending", "succeeded"] | None = None,
        unchecked: bool = False,
    ) -> dict[str, Any]:
        """Give a payment (its session's, intent's or charge's id) back by hand, all that is left unless told.

        Its card says whether that is pending first, unless told. `unchecked`: more than is left, or a lost
        dispute's, which Stripe would refuse.
        """
        order = {"amount": amount, "reason": reason, "status": status, "unchecked": unchecked}
        return self._object("POST", f"/payments/{payment_id}/refund", order)

    def end_refund(
        self, refund_id: str, status: Literal["succeeded", "failed", "canceled"]
    ) -> dict[str, Any]:
        """Have the bank take a pending refund, or send it back, also after it had taken it; returns the refund."""
        return self._object("POST", f"/refunds/{refund_id}/end", {"status": status})

    def dispute(
        self,
        payment_id: str,
        amount: int | None = None,
        *,
        reason: str = "fraudulent",
        inquiry: bool = False,
        withdrawn: bool = True,
    ) -> dict[str, Any]:
        """Have the buyer's bank dispute a payment, or only inquire; its money goes at once, unless told."""
        order = {"amount": amount, "reason": reason, "inquiry": inquiry, "withdrawn": withdrawn}
        return self._object("POST", f"/payments/{payment_id}/dispute", order)

    def move_dispute(self, dispute_id: str, move: DisputeMove) -> dict[str, Any]:
        """Have the bank decide a dispute, see `sandbox.stripe.disputes.Disputes.move`; returns the dispute."""
        return self._object("POST", f"/disputes/{dispute_id}/{move}")

    def warn_of_fraud(self, payment_id: str) -> dict[str, Any]:
        """Have the card's issuer call a payment fraudulent; returns the early fraud warning."""
        return self._object("POST", f"/payments/{payment_id}/warn")
