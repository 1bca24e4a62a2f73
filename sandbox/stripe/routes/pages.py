"""The pay page that a session's `url` leads to, and the few files pages need."""

from urllib.parse import parse_qsl

from sandbox.stripe.app import Sandbox
from sandbox.stripe.cards import CARDS, DECLINED_NUMBER, DISPUTED_NUMBER, PAYING_NUMBER, spaced
from sandbox.stripe.currencies import money
from sandbox.stripe.errors import ControlError
from sandbox.stripe.expansion import shown_item
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.messages import Request, Response, Route, redirect
from sandbox.stripe.pay_form import COUNTRIES, PayForm
from sandbox.stripe.rendering import Markup, fragment, joined, page, static_file
from sandbox.stripe.routes.controls import ControlRoute
from sandbox.stripe.routes.sessions import BANK_DEBIT

_HINTS = ((PAYING_NUMBER, "Pays"), (DECLINED_NUMBER, "Is declined"), (DISPUTED_NUMBER, "Is disputed"))
FORM_FIELDS_MAX = 20


def not_found() -> Response:
    """Say that there is no such page."""
    body = fragment("message", heading="There is no such page", text="The address may be mistyped.", link="")
    return page("Not found", body, status=404)


def show(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Show the pay page of an open session, or say how the session ended."""
    found = sandbox.checkout.find(path["id"])
    if found is None:
        return not_found()
    if found["status"] != "open":
        return _closed(found)
    return _pay_page(sandbox, found, PayForm.for_session(found), {})


def submit(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Pay, or fill a test card in, or show what is wrong: all with 200, as browsers log the rest."""
    found = sandbox.checkout.find(path["id"])
    if found is None or found["status"] != "open":
        return show(sandbox, request, path)
    values = dict(parse_qsl(request.body.decode(errors="replace"), max_num_fields=FORM_FIELDS_MAX))
    form = PayForm.typed(values, found)
    if values.get("fill") in CARDS:
        return _pay_page(sandbox, found, form.filled_with(values["fill"], sandbox.clock.now()), {})
    payer, wrong = form.check(sandbox.clock.now())
    if payer is None:
        return _pay_page(sandbox, found, form, wrong)
    try:
        attempt = sandbox.checkout.pay(found["id"], payer)
    except ControlError:  # paid or expired in between: the page says which
        return show(sandbox, request, path)
    if attempt.paid:
        return redirect(success_url(attempt.session))
    return _pay_page(sandbox, attempt.session, form, {}, alert=attempt.message)


def success_url(session: StripeObject) -> str:
    """Return where the shop wants the buyer after paying."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _closed(session: StripeObject) -> Response:
    if session["status"] == "complete":
        if session["payment_status"] == "paid":
            heading, text = "This is paid already", "Nothing more is to be done here."
        else:
            heading, text = "The bank has been asked to pay", "Nothing more is to be done here."
        url, label = success_url(session), "Continue to the shop"
    else:
        heading, text = "This checkout session has expired", "Nothing was charged. Start again from the shop."
        url, label = session["cancel_url"], "Back to the shop"
    link = fragment("link", url=url, label=label) if url else ""
    return page(heading, fragment("message", heading=heading, text=text, link=link))


def _pay_page(
    sandbox: Sandbox,
    session: StripeObject,
    form: PayForm,
    wrong: dict[str, str],
    *,
    alert: str | None = None,
) -> Response:
    fixed_email = bool(PayForm.for_session(session).email)
    takes_debits = BANK_DEBIT in session["payment_method_types"]
    other_way = fragment("other_way", url=f"/pay/{session['id']}/bank") if takes_debits else Markup()
    body = fragment(
        "pay",
        **summary(sandbox, session),
        other_way=other_way,
        alert=fragment("alert", text=f"{alert} Nothing was charged.") if alert else Markup(),
        hints=joined(
            [fragment("hint", number=number, shown=spaced(number), fate=fate) for number, fate in _HINTS]
        ),
        email=field("email", "E-mail", form.email, wrong, kind="email", readonly=fixed_email),
        card=field("card", "Card number", form.card, wrong, numeric=True, placeholder="1234 1234 1234 1234"),
        expiry=field("expiry", "Expiry (MM / YY)", form.expiry, wrong, numeric=True, placeholder="MM / YY"),
        cvc=field("cvc", "CVC", form.cvc, wrong, numeric=True, placeholder="123"),
        name=field("name", "Name on card", form.name, wrong),
        wrong_country=_complaint("country", wrong),
        countries=joined([_country(code, name, form.country) for code, name in COUNTRIES.items()]),
    )
    leads_to = (session["success_url"], session["cancel_url"])
    return page(f"Pay {sandbox.config.merchant}", body, leads_to=leads_to)


def summary(sandbox: Sandbox, session: StripeObject) -> dict[str, str]:
    """Return what either half of the pay page says of what is bought."""
    return {
        "merchant": sandbox.config.merchant,
        "back": fragment("back", url=session["cancel_url"]) if session["cancel_url"] else Markup(),
        "total": money(session["amount_total"], session["currency"]),
        "note": _note(session),
        "lines": joined([_line(sandbox, line) for line in sandbox.store.children(session["id"])]),
    }


def _note(session: StripeObject) -> Markup:
    """What the shop says beside the button that pays."""
    told = session["custom_text"]["submit"]
    return fragment("note", text=told["message"]) if told else Markup()


def _line(sandbox: Sandbox, line: StripeObject) -> Markup:
    price = shown_item(sandbox.store, line)["price"]
    product = sandbox.store.find(price["product"], "product") if price else None
    quantity = f"{line['quantity']} at {money(price['unit_amount'], line['currency'])}" if price else ""
    return fragment(
        "line",
        name=line["description"],
        description=product["description"] if product else None,
        quantity=quantity if line["quantity"] != 1 else None,
        amount=money(line["amount_total"], line["currency"]),
    )


def field(
    name: str,
    label: str,
    value: str,
    wrong: dict[str, str],
    *,
    kind: str = "text",
    numeric: bool = False,
    readonly: bool = False,
    placeholder: str = "",
) -> Markup:
    """Return a labelled input, with what is wrong about it."""
    attributes = ['inputmode="numeric"'] if numeric else []
    attributes += ["readonly"] if readonly else []
    attributes += [f'aria-invalid="true" aria-describedby="{name}-wrong"'] if name in wrong else []
    return fragment(
        "field",
        name=name,
        label=label,
        value=value,
        kind=kind,
        placeholder=placeholder,
        attributes=Markup(" ".join(attributes)),
        wrong=_complaint(name, wrong),
    )


def _complaint(name: str, wrong: dict[str, str]) -> Markup:
    return fragment("wrong", name=name, text=wrong[name]) if name in wrong else Markup()


def _country(code: str, name: str, chosen: str) -> Markup:
    return fragment(
        "option", value=code, label=name, chosen=Markup("selected") if code == chosen else Markup()
    )


def static(_sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Return a style sheet or the icon."""
    return static_file(path["name"]) or not_found()


ROUTES: list[ControlRoute] = [
    Route("GET", "/pay/{id}", show),
    Route("POST", "/pay/{id}", submit),
    Route("GET", "/static/{name}", static),
]
