"""Firestore, through Google's client: bounded calls, typed errors, commits that say what they rest on."""

import functools
import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from django.conf import settings
from google.api_core import exceptions as google_errors
from google.api_core import retry as google_retry
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import firestore
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

from mirror import limits
from mirror.errors import (
    DeliveryFailure,
    DocumentExists,
    FirestoreDenied,
    FirestoreExhausted,
    FirestoreNotConfigured,
    FirestoreRefused,
    FirestoreTimeout,
    FirestoreUnavailable,
    WriteInterleaved,
)
from mirror.kinds import MIRRORED_AT_FIELD, Document, Owned

CHANNEL_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.keepalive_time_ms", int(limits.KEEPALIVE_SECONDS * 1000)),
    ("grpc.keepalive_timeout_ms", int(limits.KEEPALIVE_ANSWER_SECONDS_MAX * 1000)),
    ("grpc.initial_reconnect_backoff_ms", int(limits.CALL_RETRY_FIRST_SECONDS * 1000)),
    ("grpc.min_reconnect_backoff_ms", int(limits.RECONNECT_SECONDS_MAX * 1000)),
    ("grpc.max_reconnect_backoff_ms", int(limits.RECONNECT_SECONDS_MAX * 1000)),
)
# The first that fits. Aborted is a Conflict to the SDK, and AlreadyExists too.
FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[DeliveryFailure]], ...] = (
    (google_errors.AlreadyExists, DocumentExists),
    (
        (google_errors.FailedPrecondition, google_errors.Aborted, google_errors.NotFound),
        WriteInterleaved,
    ),
    ((google_errors.InvalidArgument, google_errors.OutOfRange, TypeError, ValueError), FirestoreRefused),
    (google_errors.GatewayTimeout, FirestoreTimeout),
    (google_errors.TooManyRequests, FirestoreExhausted),
    ((google_errors.Forbidden, google_errors.Unauthorized, GoogleAuthError), FirestoreDenied),
    (google_errors.GoogleAPIError, FirestoreUnavailable),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A document as it was read: the fields that were asked for, and what a later write may rest on."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    update_time: Any = None

    @property
    def exists(self) -> bool:
        """Whether there was a document."""
        return self.update_time is not None


def read(path: str, names: Iterable[str]) -> Seen:
    """Read some fields of a subject's document, and nothing of what its owner keeps beside them.

    :raises FirestoreUnavailable: when Firestore does not answer.
    """
    with _typed_errors():
        snapshot = _client().document(path).get(list(names), **_bounds())
        return _seen(snapshot) if snapshot.exists else Seen()


def read_documents(paths: Iterable[str]) -> dict[str, Seen]:
    """Read documents whole; those that do not exist are left out.

    :raises FirestoreUnavailable: when Firestore does not answer.
    """
    with _typed_errors():
        client = _client()
        snapshots = client.get_all([client.document(path) for path in paths], **_bounds())
        return {snapshot.reference.path: _seen(snapshot) for snapshot in snapshots if snapshot.exists}


def list_documents(owned: Owned, *, after: str, limit: int) -> dict[str, Seen]:
    """Find documents without their fields, in the order of their paths, at most `limit` that follow `after`.

    :raises FirestoreUnavailable: when Firestore does not answer.
    """
    with _typed_errors():
        client = _client()
        query = client.collection(owned.collection).where(
            filter=firestore.FieldFilter(owned.field, "==", owned.value)
        )
        query = query.order_by("__name__").select([])
        if after:
            query = query.start_after({"__name__": client.document(after)})
        snapshots = query.limit(limit).get(**_bounds())
        return {snapshot.reference.path: _seen(snapshot) for snapshot in snapshots}


def list_collection(collection: str, *, names: Sequence[str], after: str, limit: int) -> dict[str, Seen]:
    """List a collection with some fields, in the order of the paths, at most `limit` that follow `after`.

    :raises FirestoreUnavailable: when Firestore does not answer.
    """
    with _typed_errors():
        client = _client()
        query = client.collection(collection).order_by("__name__").select(list(names))
        if after:
            query = query.start_after({"__name__": client.document(after)})
        snapshots = query.limit(limit).get(**_bounds())
        return {snapshot.reference.path: _seen(snapshot) for snapshot in snapshots}


def withdraw(seen: Mapping[str, Seen], *, names: Sequence[str]) -> None:
    """Delete documents, or with `names` these fields of them, all or nothing, if they are still as they were seen.

    :raises WriteInterleaved: one is not.
    :raises FirestoreUnavailable: no answer: it may or may not have happened.
    """
    with _typed_errors():
        client = _client()
        batch = client.batch()
        for path, each in seen.items():
            resting_on = client.write_option(last_update_time=each.update_time)
            if names:
                batch.update(
                    client.document(path), dict.fromkeys(names, firestore.DELETE_FIELD), option=resting_on
                )
            else:
                batch.delete(client.document(path), option=resting_on)
        batch.commit(**_bounds())


def commit(path: str, fields: Mapping[str, Any], *, seen: Seen, documents: Sequence[Document]) -> None:
    """Create the documents and write the subject's fields beside the others in its document, all or nothing.

    Every write says what it rests on, so that a repeat of this call, by the client or by us, changes nothing.

    :raises DocumentExists: one of the documents, or the subject's where none was seen, exists.
    :raises WriteInterleaved: the subject's document is no longer the one that was seen.
    :raises FirestoreRefused: a value or a path that Firestore will never take.
    :raises FirestoreUnavailable: no answer: it may or may not have happened.
    """
    with _typed_errors():
        client = _client()
        batch = client.batch()
        for document in documents:
            batch.create(client.document(document.path), _stamped(document))
        if seen.exists:
            # A batched `set` would take no precondition.
            resting_on = client.write_option(last_update_time=seen.update_time)
            batch.update(client.document(path), dict(fields), option=resting_on)
        else:
            batch.create(client.document(path), dict(fields))
        batch.commit(**_bounds())


def mend(
    *,
    missing: Sequence[Document],
    differing: Sequence[tuple[Document, Seen]],
    surplus: Mapping[str, Seen],
) -> None:
    """Create, replace and delete documents that nobody but us may write, all or nothing.

    What is replaced or deleted is what was seen: nothing that was written since gives way.

    :raises DocumentExists: a missing one is there by now.
    :raises WriteInterleaved: one is no longer as it was seen.
    :raises FirestoreRefused: a value or a path that Firestore will never take.
    :raises FirestoreUnavailable: no answer: it may or may not have happened.
    """
    with _typed_errors():
        client = _client()
        batch = client.batch()
        for document in missing:
            batch.create(client.document(document.path), _stamped(document))
        for document, seen in differing:
            # An update, since a batched `set` would take no precondition: what is not ours goes by name.
            gone = {
                firestore.Client.field_path(name): firestore.DELETE_FIELD
                for name in seen.fields.keys() - document.fields.keys() - {MIRRORED_AT_FIELD}
            }
            batch.update(
                client.document(document.path),
                {**_stamped(document), **gone},
                option=client.write_option(last_update_time=seen.update_time),
            )
        for path, seen in surplus.items():
            batch.delete(client.document(path), option=client.write_option(last_update_time=seen.update_time))
        batch.commit(**_bounds())


def reachable() -> bool:
    """Whether Firestore answers us within a second."""
    try:
        with _typed_errors():
            _client().document("mirror_health/probe").get(
                ["none"], retry=None, timeout=limits.HEALTH_SECONDS_MAX
            )
    except DeliveryFailure:
        return False
    return True


def _seen(snapshot: Any) -> Seen:
    return Seen(snapshot.to_dict() or {}, snapshot.update_time)


def _stamped(document: Document) -> dict[str, Any]:
    return {**document.fields, MIRRORED_AT_FIELD: firestore.SERVER_TIMESTAMP}


def _bounds() -> dict[str, Any]:
    return {
        "timeout": limits.CALL_SECONDS_MAX,
        "retry": google_retry.Retry(
            predicate=google_retry.if_exception_type(google_errors.ServiceUnavailable),
            initial=limits.CALL_RETRY_FIRST_SECONDS,
            maximum=limits.CALL_RETRY_PAUSE_SECONDS_MAX,
            timeout=limits.CALL_RETRY_SECONDS_MAX,
        ),
    }


@contextmanager
def _typed_errors() -> Generator[None]:
    try:
        yield
    except (google_errors.GoogleAPIError, GoogleAuthError, TypeError, ValueError) as error:
        failure = next(failure for causes, failure in FAILURES if isinstance(error, causes))
        raise failure(f"{type(error).__name__}: {error}") from error


class _Client(firestore.Client):
    """Google's client on a channel of ours: the SDK's may wait two minutes before it reconnects."""

    def __init__(self, *, project: str, database: str, emulator_host: str) -> None:
        super().__init__(
            project=project,
            database=database,
            credentials=AnonymousCredentials() if emulator_host else None,  # type: ignore[no-untyped-call]
        )
        self._emulator_host = emulator_host or None
        if emulator_host:
            channel = grpc.insecure_channel(emulator_host, options=CHANNEL_OPTIONS)
        else:
            channel = FirestoreGrpcTransport.create_channel(
                self._target, credentials=self._credentials, options=CHANNEL_OPTIONS
            )
        self._firestore_api_internal = FirestoreClient(
            transport=FirestoreGrpcTransport(host=self._target, channel=channel)
        )


def _client() -> _Client:
    """The process's client; threads share it, and a forked process gets its own."""
    if not settings.GOOGLE_CLOUD_PROJECT:
        raise FirestoreNotConfigured
    return _client_of(
        os.getpid(),
        settings.GOOGLE_CLOUD_PROJECT,
        settings.FIRESTORE_DATABASE,
        settings.FIRESTORE_EMULATOR_HOST,
    )


@functools.lru_cache(maxsize=8)
def _client_of(_pid: int, project: str, database: str, emulator_host: str) -> _Client:
    return _Client(project=project, database=database, emulator_host=emulator_host)
