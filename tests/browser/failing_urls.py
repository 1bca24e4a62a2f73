"""The site, and two views that fail."""

from typing import Never

from django.db import OperationalError
from django.http import HttpRequest
from django.urls import include, path

from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def lose_the_database(request: HttpRequest) -> Never:
    raise OperationalError("the connection is lost")


def have_a_bug(request: HttpRequest) -> Never:
    raise ZeroDivisionError


urlpatterns = [
    path("fails/database", lose_the_database),
    path("fails/bug", have_a_bug),
    path("", include("config.urls")),
]
