"""Who asks for a page."""

import uuid

from django.http import HttpRequest


def customer_id(request: HttpRequest) -> uuid.UUID:
    """The id of who is signed in; for views that nobody else gets into."""
    user_id = request.user.pk
    assert user_id is not None, "a signed-out visitor was let into a customer's page"
    return user_id
