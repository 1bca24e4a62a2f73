"""Every way the API says no, in Stripe's own envelope."""

from typing import Any


class ApiError(Exception):
    """An answer with Stripe's error envelope; the subclasses below name the common ones."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **members: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.members = members

    def envelope(self) -> dict[str, Any]:
        """Return the body: `{"error": {…}}`."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        return {"error": error | self.members}


class NoSuchObject(ApiError):
    """404 when the id is in the path, 400 when it is in a parameter."""

    def __init__(self, kind: str, object_id: str, *, param: str = "id", status: int = 404) -> None:
        super().__init__(
            f"No such {kind}: '{object_id}'", status=status, code="resource_missing", param=param
        )


class MissingParameter(ApiError):
    """A required parameter was left out."""

    def __init__(self, param: str) -> None:
        super().__init__(f"Missing required param: {param}.", code="parameter_missing", param=param)


class UnknownParameter(ApiError):
    """A parameter that Stripe does not have here, or that this sandbox cannot honour."""

    def __init__(self, param: str) -> None:
        super().__init__(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


class InvalidParameter(ApiError):
    """A parameter whose value will not do."""

    def __init__(self, param: str, message: str, code: str | None = None) -> None:
        super().__init__(message, code=code, param=param)


class InvalidApiKey(ApiError):
    """401: no key, or one that is not a test key of the right shape."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=401)


class IdempotencyKeyReused(ApiError):
    """400: the key was used before with another request."""

    def __init__(self, key: str) -> None:
        super().__init__(
            "Keys for idempotent requests can only be used with the same parameters they were first used"
            f" with. Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )


class IdempotencyKeyInUse(ApiError):
    """409: the first request with this key is still running."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"There is currently another in-progress request using this Idempotency Key: {key}.",
            status=409,
            kind="idempotency_error",
            code="idempotency_key_in_use",
        )


class ControlError(Exception):
    """A control was used wrongly: answered as `{"error": …}` with its status."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
