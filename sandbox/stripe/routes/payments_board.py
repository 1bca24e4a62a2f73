"""The dashboard's part about money that goes back: each paid charge with its refunds and disputes."""

import contextlib
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl

from sandbox.stripe.app import Sandbox
from sandbox.stripe.currencies import NO_DECIMALS, money
from sandbox.stripe.disputes import MOVES
from sandbox.stripe.errors import ApiError, ControlError
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.messages import Request, Response, Route, redirect
from sandbox.stripe.refunds import ENDS
from sandbox.stripe.rendering import Markup, fragment, joined, moment, page
from sandbox.stripe.routes.controls import ControlRoute
from sandbox.stripe.routes.money_back import charge_of

ROWS_MAX = 25
_FORM_FIELDS_MAX = 10
_ENDS = {"succeeded": "Bank accepts", "failed": "Bank sends it back", "canceled": "Cancel"}
_MOVES = {
    "review": "Submit evidence",
    "win": "Win",
    "lose": "Lose",
    "escalate": "Make it a dispute",
    "drop": "Close the inquiry",
}
_UNDECIDED = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")


def charges(sandbox: Sandbox) -> list[Markup]:
    """Return a row for each of the latest charges that were paid."""
    rows = sandbox.store.rows(
        "SELECT id FROM objects WHERE kind = 'charge' AND json_extract(body, '$.status') = 'succeeded'"
        " ORDER BY created DESC, seq DESC LIMIT ?",
        (ROWS_MAX,),
    )
    return [_charge(found) for row in rows if (found := sandbox.store.find(row["id"]))]


def _charge(charge: StripeObject) -> Markup:
    currency = charge["currency"]
    left = charge["amount"] - charge["amount_refunded"]
    state = "refunded" if charge["refunded"] else "partly refunded" if charge["amount_refunded"] else "paid"
    return fragment(
        "charge_row",
        id=charge["id"],
        amount=money(charge["amount"], currency),
        refunded=money(charge["amount_refunded"], currency),
        state=f"{state}, disputed" if charge["disputed"] else state,
        created=moment(charge["created"]),
        actions=fragment("charge_actions", id=charge["id"], left=_plain(left, currency)),
    )


def refunds(sandbox: Sandbox) -> list[Markup]:
    """Return a row for each of the latest refunds."""
    return [
        fragment(
            "money_back_row",
            id=body["id"],
            about=body["charge"],
            amount=money(body["amount"], body["currency"]),
            status=body["status"],
            created=moment(body["created"]),
            actions=_buttons(
                "refunds", body, {end: words for end, words in _ENDS.items() if body["status"] in ENDS[end]}
            ),
        )
        for body in _latest(sandbox, "refund")
    ]


def disputes(sandbox: Sandbox) -> list[Markup]:
    """Return a row for each of the latest disputes."""
    return [
        fragment(
            "money_back_row",
            id=body["id"],
            about=body["charge"],
            amount=money(body["amount"], body["currency"]),
            status=f"{body['status']}, {body['reason']}",
            created=moment(body["created"]),
            actions=_buttons("disputes", body, _moves(body["status"])),
        )
        for body in _latest(sandbox, "dispute")
    ]


def _moves(status: str) -> dict[str, str]:
    if status not in _UNDECIDED:
        return {}
    return {move: words for move, words in _MOVES.items() if status in MOVES[move]}


def _buttons(kind: str, body: StripeObject, verbs: dict[str, str]) -> Markup:
    buttons = [
        fragment("money_back_button", kind=kind, id=body["id"], verb=verb, label=label)
        for verb, label in verbs.items()
    ]
    return fragment("money_back_actions", buttons=joined(buttons)) if buttons else Markup()


def _latest(sandbox: Sandbox, kind: str) -> list[StripeObject]:
    rows = sandbox.store.rows(
        "SELECT id FROM objects WHERE kind = ? ORDER BY created DESC, seq DESC LIMIT ?", (kind, ROWS_MAX)
    )
    return [found for row in rows if (found := sandbox.store.find(row["id"]))]


def refund(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Give back as much as was typed, all that is left where nothing was; say why not, where Stripe would not."""
    charge = charge_of(sandbox, path["id"])
    values = dict(parse_qsl(request.body.decode(errors="replace"), max_num_fields=_FORM_FIELDS_MAX))
    status = "pending" if values.get("status") == "pending" else None
    try:
        amount = _typed(values.get("amount", ""), charge["currency"])
        sandbox.refunds.create(charge, amount=amount, status=status)
    except ApiError as error:
        link = fragment("link", url="/", label="Back to the dashboard")
        return page(
            "Not refunded", fragment("message", heading="Not refunded", text=error.message, link=link)
        )
    return redirect("/")


def _typed(text: str, currency: str) -> int | None:
    if not text.strip():
        return None
    try:
        return int(Decimal(text) * (1 if currency in NO_DECIMALS else 100))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise ApiError(f"This is no amount: {text}") from error


def _plain(amount: int, currency: str) -> str:
    return str(amount) if currency in NO_DECIMALS else f"{amount / 100:.2f}"


def dispute(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Have the buyer's bank dispute a charge."""
    sandbox.disputes.open(charge_of(sandbox, path["id"]))
    return redirect("/")


def inquire(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Have the buyer's bank inquire about a charge."""
    sandbox.disputes.open(charge_of(sandbox, path["id"]), inquiry=True)
    return redirect("/")


def warn(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Have the card's issuer call a charge fraudulent."""
    sandbox.disputes.warn(charge_of(sandbox, path["id"]))
    return redirect("/")


def end_refund(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Have the bank take a refund or send it back, unless it has ended already."""
    with contextlib.suppress(ControlError):
        sandbox.refunds.end(path["id"], path["verb"])
    return redirect("/")


def move_dispute(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Have the bank decide a dispute, unless it has done so already."""
    with contextlib.suppress(ControlError):
        sandbox.disputes.move(path["id"], path["verb"])
    return redirect("/")


ROUTES: list[ControlRoute] = [
    Route("POST", "/dashboard/charges/{id}/refund", refund),
    Route("POST", "/dashboard/charges/{id}/dispute", dispute),
    Route("POST", "/dashboard/charges/{id}/inquire", inquire),
    Route("POST", "/dashboard/charges/{id}/warn", warn),
    Route("POST", "/dashboard/refunds/{id}/{verb}", end_refund),
    Route("POST", "/dashboard/disputes/{id}/{verb}", move_dispute),
]
