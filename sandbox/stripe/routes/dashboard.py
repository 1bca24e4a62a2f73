"""`/`: what the sandbox holds, for people, with the controls they need most."""

import contextlib
import sqlite3

from sandbox.stripe.app import Sandbox
from sandbox.stripe.currencies import money
from sandbox.stripe.errors import ApiError, ControlError
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.messages import Request, Response, Route, redirect
from sandbox.stripe.rendering import Markup, fragment, joined, moment, page
from sandbox.stripe.routes import payments_board
from sandbox.stripe.routes.controls import ControlRoute

_ROWS_MAX = 25
# What a person can have a bank do, by how its debit stands.
_DEBIT_VERBS = {
    "pending": (("settle", "Bank pays"), ("fail", "Bank refuses")),
    "succeeded": (("fail", "Bank takes it back"),),
}


def show(sandbox: Sandbox, _request: Request, _path: dict[str, str]) -> Response:
    """Show the latest sessions, payments, refunds, disputes, events and deliveries."""
    sandbox.pass_time()
    held_types = sandbox.store.setting("held_types", [])
    counted = sandbox.store.row("SELECT count(*) AS held FROM deliveries WHERE state = 'held'")
    held = counted["held"] if counted else 0
    if held_types:
        holding = f"Deliveries are held back ({', '.join(held_types)}): {held} are waiting."
    else:
        holding = "Deliveries go out as events happen."
    body = fragment(
        "dashboard",
        merchant=sandbox.config.merchant,
        address=sandbox.config.public_url,
        now=moment(sandbox.clock.now()),
        holding=holding,
        endpoints=_rows([_endpoint(endpoint) for endpoint in sandbox.store.endpoints()], 3),
        sessions=_rows(_sessions(sandbox), 5),
        charges=_rows(payments_board.charges(sandbox), 6),
        refunds=_rows(payments_board.refunds(sandbox), 6),
        disputes=_rows(payments_board.disputes(sandbox), 6),
        events=_rows(_events(sandbox), 5),
        deliveries=_rows(_deliveries(sandbox), 5),
    )
    return page("Stripe sandbox", body)


def _rows(rows: list[Markup], columns: int) -> Markup:
    return joined(rows) if rows else fragment("no_rows", columns=columns)


def _endpoint(endpoint: StripeObject) -> Markup:
    types = ", ".join(endpoint["enabled_events"])
    return fragment("endpoint_row", url=endpoint["url"], types=types, status=endpoint["status"])


def _latest(sandbox: Sandbox, kind: str) -> list[StripeObject]:
    rows = sandbox.store.rows(
        "SELECT id FROM objects WHERE kind = ? ORDER BY created DESC, seq DESC LIMIT ?", (kind, _ROWS_MAX)
    )
    return [found for row in rows if (found := sandbox.store.find(row["id"]))]


def _sessions(sandbox: Sandbox) -> list[Markup]:
    return [
        fragment(
            "session_row",
            id=session["id"],
            amount=money(session["amount_total"], session["currency"]),
            status=f"{session['status']}, {session['payment_status']}",
            created=moment(session["created"]),
            actions=_session_actions(sandbox, session),
        )
        for session in _latest(sandbox, "checkout.session")
    ]


def _session_actions(sandbox: Sandbox, session: StripeObject) -> Markup:
    """What can be done about a session now; a bank may still refuse what it has paid."""
    if session["status"] == "open":
        return fragment("session_actions", id=session["id"], url=session["url"])
    verbs = [
        fragment("debit_button", id=session["id"], verb=verb, label=label)
        for verb, label in _DEBIT_VERBS.get(sandbox.checkout.debits.status(session), ())
    ]
    return fragment("debit_actions", buttons=joined(verbs)) if verbs else Markup()


def _events(sandbox: Sandbox) -> list[Markup]:
    rows = sandbox.store.rows("SELECT id FROM events ORDER BY created DESC, seq DESC LIMIT ?", (_ROWS_MAX,))
    events = [event for row in rows if (event := sandbox.events.find(row["id"]))]
    return [
        fragment(
            "event_row",
            id=event["id"],
            type=event["type"],
            about=event["data"]["object"].get("id"),
            pending=event["pending_webhooks"],
            created=moment(event["created"]),
        )
        for event in events
    ]


def _deliveries(sandbox: Sandbox) -> list[Markup]:
    rows = sandbox.store.rows(
        "SELECT d.type, d.event, d.state, d.cause, d.attempts, d.last_status,"
        " json_extract(o.body, '$.url') AS url FROM deliveries d"
        " LEFT JOIN objects o ON o.id = d.endpoint ORDER BY d.id DESC LIMIT ?",
        (_ROWS_MAX,),
    )
    return [fragment("delivery_row", **(dict(row) | {"answer": _answer(row)})) for row in rows]


def _answer(row: sqlite3.Row) -> str:
    if row["last_status"]:
        return str(row["last_status"])
    return "none" if row["attempts"] else "not sent yet"


def hold(sandbox: Sandbox, _request: Request, _path: dict[str, str]) -> Response:
    """Hold every delivery back."""
    sandbox.queue.hold(["*"])
    return redirect("/")


def release(order: str) -> ControlRoute:
    """Return the route that ends every hold, delivering in this order."""

    def release_in_order(sandbox: Sandbox, _request: Request, _path: dict[str, str]) -> Response:
        sandbox.courier.deliver_in_order(sandbox.queue.release(order, None, ["*"]))
        return redirect("/")

    return Route("POST", f"/dashboard/release/{order}", release_in_order)


def duplicate(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Tell an event once more under its own id."""
    event = sandbox.events.find(path["id"])
    if event is not None:
        sandbox.courier.deliver_in_order(sandbox.queue.duplicates_of(event, 1))
    return redirect("/")


def resend(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Tell the same object in an event with a new id."""
    sandbox.events.resend(path["id"])
    return redirect("/")


def expire(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Expire a session, unless it has ended already."""
    with contextlib.suppress(ApiError):
        sandbox.checkout.expire(path["id"])
    return redirect("/")


def settle(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Have the bank pay a debit, unless it has ended already."""
    with contextlib.suppress(ControlError):
        sandbox.checkout.debits.settle(path["id"])
    return redirect("/")


def fail(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Have the bank refuse a debit, also one that it had paid, unless it has failed already."""
    with contextlib.suppress(ControlError):
        sandbox.checkout.debits.fail(path["id"])
    return redirect("/")


ROUTES: list[ControlRoute] = [
    Route("GET", "/", show),
    Route("POST", "/dashboard/hold", hold),
    release("created"),
    release("reversed"),
    Route("POST", "/dashboard/events/{id}/duplicate", duplicate),
    Route("POST", "/dashboard/events/{id}/resend", resend),
    Route("POST", "/dashboard/sessions/{id}/expire", expire),
    Route("POST", "/dashboard/sessions/{id}/settle", settle),
    Route("POST", "/dashboard/sessions/{id}/fail", fail),
]
