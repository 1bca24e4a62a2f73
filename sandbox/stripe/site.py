"""Sends each request to the API, the controls or the pages, and turns trouble into answers."""

import logging

from sandbox.stripe.api import Api
from sandbox.stripe.app import Sandbox
from sandbox.stripe.errors import ApiError, ControlError
from sandbox.stripe.messages import ConnectionLost, Request, Response, Routes, json_response
from sandbox.stripe.routes import (
    accounts,
    balance,
    bank_page,
    controls,
    customers,
    dashboard,
    deliveries,
    disputes,
    events,
    money_back,
    pages,
    payments,
    payments_board,
    prices,
    products,
    refunds,
    sessions,
    webhook_endpoints,
)
from sandbox.stripe.routes.controls import ControlHandler

_log = logging.getLogger(__name__)

API_ROUTES = [
    *accounts.ROUTES,
    *customers.ROUTES,
    *products.ROUTES,
    *prices.ROUTES,
    *sessions.ROUTES,
    *payments.ROUTES,
    *refunds.ROUTES,
    *disputes.ROUTES,
    *balance.ROUTES,
    *events.ROUTES,
    *webhook_endpoints.ROUTES,
]


class Site:
    """Everything that one address answers."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._api = Api(sandbox, API_ROUTES)
        self._controls: Routes[ControlHandler] = Routes(
            [*controls.ROUTES, *deliveries.ROUTES, *money_back.ROUTES]
        )
        self._pages: Routes[ControlHandler] = Routes(
            [*dashboard.ROUTES, *payments_board.ROUTES, *pages.ROUTES, *bank_page.ROUTES]
        )

    def answer(self, request: Request) -> Response:
        """Answer a request.

        Raises:
            ConnectionLost: a control ordered it.
        """
        try:
            if request.path.startswith(("/v1/", "/v2/")):
                return self._api.answer(request)
            return self._other(request)
        except ConnectionLost:
            raise
        except ControlError as error:
            return json_response({"error": str(error)}, error.status)
        except Exception as error:  # noqa: BLE001 - one bad request must not end the connection's thread
            if request.path.startswith("/_sandbox/") and isinstance(error, TypeError | ValueError):
                return json_response({"error": f"Malformed order: {error}"}, 400)
            return self._broken(request, error)

    def _other(self, request: Request) -> Response:
        if request.method == "POST" and request.headers.get("sec-fetch-site", "none") not in {
            "none",
            "same-origin",
        }:
            raise ControlError("Other sites may not steer the sandbox.", status=403)
        routes = self._controls if request.path.startswith("/_sandbox/") else self._pages
        found = routes.find(request.method, request.path)
        if found is None:
            return (
                pages.not_found()
                if routes is self._pages
                else json_response({"error": "No such control."}, 404)
            )
        route, path = found
        return route.handler(self._sandbox, request, path)

    def _broken(self, request: Request, error: Exception) -> Response:
        _log.error("%s %s broke the sandbox", request.method, request.path, exc_info=error)
        trouble = ApiError("The sandbox itself is broken: see its log.", status=500, kind="api_error")
        return json_response(trouble.envelope(), 500)
