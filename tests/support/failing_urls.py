"""The site, with views beside it that fail in all the ways views can."""

from typing import Never

import redis
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.urls import include, path

from config.urls import handler400, handler403, handler404, handler500
from foundation.errors import Refusal

__all__ = ["handler400", "handler403", "handler404", "handler500"]


class TooMany(Refusal):
    status = 429
    title = "Not so fast."


class DoneAlready(Refusal):
    status = 409
    title = "It was done already."


ERRORS: dict[str, Exception] = {
    "refused": TooMany("You have bought five times this hour.", retry_after_seconds=240),
    "briefly": DoneAlready(),
    "database": OperationalError("the connection is lost: host=10.0.0.7"),
    "interface": InterfaceError("the connection is closed"),
    "redis": redis.ConnectionError("Error 111 connecting to 10.0.0.8"),
    "bug": ZeroDivisionError("division by zero"),
    "forbidden": PermissionDenied("staff only"),
    "bad": BadRequest("no"),
}


def fail(request: HttpRequest, name: str) -> Never:
    raise ERRORS[name]


urlpatterns = [path("fails/<name>", fail), path("api/fails/<name>", fail), path("", include("config.urls"))]
