"""The pages that people see."""

from sandbox.stripe.messages import HTML, Response
from sandbox.stripe.routes.controls import ControlRoute


def not_found() -> Response:
    """Say that there is no such page."""
    return Response(404, b"<!doctype html><title>Not found</title>", HTML)


ROUTES: list[ControlRoute] = []
