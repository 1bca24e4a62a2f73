"""The pay page's other half: from a US bank account, which pays days later or refuses."""

from urllib.parse import parse_qsl

from sandbox.stripe.app import Sandbox
from sandbox.stripe.bank_form import BankForm
from sandbox.stripe.banks import ACCOUNTS, FAILING_NUMBER, SETTLING_NUMBER
from sandbox.stripe.errors import ControlError
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.limits import BANK_DEBIT_SECONDS
from sandbox.stripe.messages import Request, Response, Route, redirect
from sandbox.stripe.rendering import fragment, joined, page
from sandbox.stripe.routes import pages
from sandbox.stripe.routes.controls import ControlRoute
from sandbox.stripe.routes.sessions import BANK_DEBIT

_DAYS = BANK_DEBIT_SECONDS // (24 * 60 * 60)
_HINTS = ((SETTLING_NUMBER, f"Settles in {_DAYS} days"), (FAILING_NUMBER, f"Fails in {_DAYS} days"))


def show(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Show the form of an open session that takes debits; else what the card's page says."""
    found = _payable(sandbox, path["id"])
    if found is None:
        return pages.show(sandbox, request, path)
    return _page(sandbox, found, BankForm.for_session(found), {})


def submit(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Pay, or fill a test account in, or show what is wrong: all with 200, as browsers log the rest."""
    found = _payable(sandbox, path["id"])
    if found is None:
        return pages.show(sandbox, request, path)
    values = dict(parse_qsl(request.body.decode(errors="replace"), max_num_fields=pages.FORM_FIELDS_MAX))
    form = BankForm.typed(values, found)
    if values.get("fill") in ACCOUNTS:
        return _page(sandbox, found, form.filled_with(values["fill"]), {})
    payer, wrong = form.check()
    if payer is None:
        return _page(sandbox, found, form, wrong)
    try:
        session = sandbox.checkout.debit(found["id"], payer)
    except ControlError:  # paid or expired in between: the page says which
        return pages.show(sandbox, request, path)
    return redirect(pages.success_url(session))


def _payable(sandbox: Sandbox, session_id: str) -> StripeObject | None:
    found = sandbox.checkout.find(session_id)
    is_payable = found is not None and found["status"] == "open"
    return found if is_payable and found and BANK_DEBIT in found["payment_method_types"] else None


def _page(sandbox: Sandbox, session: StripeObject, form: BankForm, wrong: dict[str, str]) -> Response:
    fixed_email = bool(BankForm.for_session(session).email)
    body = fragment(
        "pay_by_bank",
        **pages.summary(sandbox, session),
        card_url=f"/pay/{session['id']}",
        days=_DAYS,
        hints=joined([fragment("hint", number=number, shown=number, fate=fate) for number, fate in _HINTS]),
        email=pages.field("email", "E-mail", form.email, wrong, kind="email", readonly=fixed_email),
        name=pages.field("name", "Account holder", form.name, wrong),
        routing=pages.field("routing", "Routing number", form.routing, wrong, numeric=True),
        account=pages.field("account", "Account number", form.account, wrong, numeric=True),
    )
    leads_to = (session["success_url"], session["cancel_url"])
    return page(f"Pay {sandbox.config.merchant}", body, leads_to=leads_to)


ROUTES: list[ControlRoute] = [
    Route("GET", "/pay/{id}/bank", show),
    Route("POST", "/pay/{id}/bank", submit),
]
