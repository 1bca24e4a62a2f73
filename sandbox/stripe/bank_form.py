"""What a person types on the pay page to pay from a bank account, checked field by field."""

from dataclasses import dataclass

from sandbox.stripe.banks import ROUTING_NUMBER, find_account
from sandbox.stripe.debits import BankPayer
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.pay_form import EMAIL, TEXT_LENGTH_MAX, email_of

_FIELDS = ("email", "name", "routing", "account")


@dataclass(frozen=True)
class BankForm:
    """The fields as typed."""

    email: str = ""
    name: str = ""
    routing: str = ""
    account: str = ""

    @classmethod
    def for_session(cls, session: StripeObject) -> "BankForm":
        """Return an empty form that knows the buyer's e-mail when the shop told it."""
        return cls(email=email_of(session))

    @classmethod
    def typed(cls, values: dict[str, str], session: StripeObject) -> "BankForm":
        """Return the form as it was sent; an e-mail that the shop has set cannot be changed."""
        texts = {name: str(values.get(name, "")).strip()[:TEXT_LENGTH_MAX] for name in _FIELDS}
        return cls(**(texts | {"email": email_of(session) or texts["email"]}))

    def filled_with(self, number: str) -> "BankForm":
        """Return the form with a test account filled in, and what else is missing made up."""
        return BankForm(
            email=self.email or "buyer@example.com",
            name=self.name or "Alice Buyer",
            routing=ROUTING_NUMBER,
            account=number,
        )

    def check(self) -> tuple[BankPayer | None, dict[str, str]]:
        """Return who pays from which account, or what is wrong by field."""
        account = find_account(self.account)
        complaints = {
            "email": None if EMAIL.match(self.email) else "Enter an e-mail address.",
            "name": None if self.name else "Enter the account holder's name.",
            "routing": None if self.routing == ROUTING_NUMBER else f"Only {ROUTING_NUMBER} works here.",
            "account": None if account else "Only the test accounts work here. Never type a real one.",
        }
        wrong = {name: text for name, text in complaints.items() if text}
        if wrong or account is None:
            return None, wrong
        return BankPayer(account, self.email, self.name), {}
