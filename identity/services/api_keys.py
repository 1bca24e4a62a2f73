"""Makes, checks and revokes the keys that services sign in with."""

import hashlib
import logging
import secrets
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from identity.errors import InvalidApiKey, InvalidServiceName
from identity.kinds import Actor, Right, Scope, ServiceCaller
from identity.limits import (
    API_KEY_LENGTH_MAX,
    API_KEY_PREFIX_LENGTH,
    API_KEY_SECRET_BYTES,
    API_KEY_USE_NOTED_EVERY,
    SERVICE_NAME_REGEX,
)
from identity.models import ApiKey
from identity.services import audit, rights

logger = logging.getLogger(__name__)

MARK = "tok_"  # so that people, and scanners for leaked secrets, know one when they see it


def create_api_key(*, service: str, scopes: Collection[Scope], actor: Actor, now: datetime) -> str:
    """Make a key for a service, and give it: this is the only time that it can be read.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises InvalidServiceName: `invalid_service_name`.
    """
    rights.require(Right.MANAGE_API_KEYS, actor=actor)
    if not SERVICE_NAME_REGEX.fullmatch(service):
        raise InvalidServiceName
    key = f"{MARK}{secrets.token_urlsafe(API_KEY_SECRET_BYTES)}"
    with transaction.atomic():
        row = ApiKey.objects.create(
            service=service,
            prefix=key[:API_KEY_PREFIX_LENGTH],
            secret_hash=_hash(key),
            scopes=sorted(scopes),
            created_at=now,
        )
        _record("apikey.create", row, "", actor, now)
    logger.info("api_key.created", extra={"api_key_id": str(row.id), "service": service})
    return key


def authenticate(key: str, *, now: datetime) -> ServiceCaller:
    """Who this key belongs to, and what it may do. That it was used is noted, at most once a minute.

    :raises InvalidApiKey: `invalid_api_key`: there is none like it, or it was revoked.
    """
    found = None
    if len(key) <= API_KEY_LENGTH_MAX:
        found = ApiKey.objects.filter(secret_hash=_hash(key), revoked_at=None).first()
    if found is None:
        raise InvalidApiKey
    if found.last_used_at is None or found.last_used_at <= now - API_KEY_USE_NOTED_EVERY:
        _note_use(found, now)
    return ServiceCaller(found.id, found.service, frozenset(found.scopes))


def revoke(*, api_key: ApiKey, reason: str = "", actor: Actor, now: datetime) -> bool:
    """Have a key open nothing from now on; answer whether it was not revoked before.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    """
    rights.require(Right.MANAGE_API_KEYS, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    with transaction.atomic():
        revoked = bool(ApiKey.objects.filter(id=api_key.id, revoked_at=None).update(revoked_at=now))
        if revoked:
            _record("apikey.revoke", api_key, reason, actor, now)
    if revoked:
        logger.info("api_key.revoked", extra={"api_key_id": str(api_key.id), "service": api_key.service})
    return revoked


def _record(action: str, key: ApiKey, reason: str, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="apikey",
        subject_id=key.id,
        reason=reason,
        facts={"service": key.service, "scopes": list(key.scopes)},
        now=now,
    )


def _hash(key: str) -> bytes:
    """One round is enough: the key is 256 bits of chance, which nobody guesses at any speed."""
    return hashlib.sha256(key.encode()).digest()


def _note_use(key: ApiKey, now: datetime) -> None:
    """Of several requests at once, one writes."""
    is_old = Q(last_used_at=None) | Q(last_used_at__lte=now - API_KEY_USE_NOTED_EVERY)
    ApiKey.objects.filter(is_old, id=key.id).update(last_used_at=now)
