"""The base of every way the product says no, and the refusals that belong to no app."""

from typing import ClassVar


class Refusal(Exception):
    """An anticipated no, with a stable code, an HTTP status and words for people.

    A refusal is an answer, not an incident: edges turn it into problem+json or a page, and nothing was
    changed. `members` are further members of the problem document (RFC 9457, section 3.2), such as
    `available`.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request was refused."

    def __init__(
        self, detail: str = "", *, retry_after_seconds: int | None = None, **members: object
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.retry_after_seconds = retry_after_seconds
        self.members = members


class NotFound(Refusal):
    """There is nothing at this address, or nothing that this caller may see."""

    code = "not_found"
    status = 404
    title = "There is nothing here."


class Forbidden(Refusal):
    """The caller is known, and may not do this."""

    code = "permission_denied"
    status = 403
    title = "You may not do this."


class CsrfFailed(Refusal):
    """A browser's request without the token that proves it came from our own page."""

    code = "csrf_failed"
    status = 403
    title = "The request carries no valid CSRF token."


class MalformedRequest(Refusal):
    """The request cannot be read at all."""

    code = "malformed_request"
    status = 400
    title = "The request cannot be read."


class BodyTooLarge(Refusal):
    """The request's body is larger than any that we need."""

    code = "body_too_large"
    status = 413
    title = "The request's body is too large."


class ServerError(Refusal):
    """A fault of ours; the only refusal that is a bug."""

    code = "server_error"
    status = 500
    title = "Something went wrong on our side."


class ServiceUnavailable(Refusal):
    """Something that every answer needs, such as the database, is gone for now."""

    code = "service_unavailable"
    status = 503
    title = "The service is not available for the moment."


class IdempotencyKeyMissing(Refusal):
    """A POST that moves tokens or money came without its key."""

    code = "idempotency_key_missing"
    status = 400
    title = "This request needs an Idempotency-Key header."


class IdempotencyKeyInvalid(Refusal):
    """The key is too long, or holds characters that no header may."""

    code = "idempotency_key_invalid"
    status = 400
    title = "An Idempotency-Key has 1 to 255 printable ASCII characters."


class IdempotencyKeyReused(Refusal):
    """The caller used this key before, with another body."""

    code = "idempotency_key_reused"
    status = 409
    title = "This Idempotency-Key was used with another request."


class IdempotencyKeyInUse(Refusal):
    """The first request with this key has not been answered yet."""

    code = "idempotency_key_in_use"
    status = 409
    title = "A request with this Idempotency-Key is still running."
