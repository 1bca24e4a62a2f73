"""How the stand-in says no: with the status codes and words of Firestore."""

from typing import Any

import grpc


class Refused(Exception):
    """A call that Firestore answers with a gRPC status other than OK."""

    def __init__(self, code: Any, detail: str) -> None:
        """Take the gRPC status code and its text."""
        super().__init__(detail)
        self.code = code
        self.detail = detail


def invalid(detail: str) -> Refused:
    """Build the refusal of a request that can never succeed."""
    return Refused(grpc.StatusCode.INVALID_ARGUMENT, detail)


def not_found(detail: str) -> Refused:
    """Build the refusal for a document that must exist and does not."""
    return Refused(grpc.StatusCode.NOT_FOUND, detail)


def already_exists(name: str) -> Refused:
    """Build the refusal for a document that must not exist and does."""
    return Refused(grpc.StatusCode.ALREADY_EXISTS, f"Document already exists: {name}")


def stale(name: str) -> Refused:
    """Build the refusal for a document that changed since the caller read it."""
    detail = f"the stored version does not match the required base version: {name}"
    return Refused(grpc.StatusCode.FAILED_PRECONDITION, detail)


def contention() -> Refused:
    """Build the refusal for a transaction that lost against another."""
    detail = "Too much contention on these documents. Please try again."
    return Refused(grpc.StatusCode.ABORTED, detail)


def unimplemented(what: str) -> Refused:
    """Build the refusal for what the stand-in does not know."""
    return Refused(grpc.StatusCode.UNIMPLEMENTED, f"The Firestore stand-in has no {what}.")
