"""What the documents of alerts say in Firestore, where the apps of staff watch them."""

import uuid
from collections.abc import Collection, Sequence

from mirror.kinds import Chunk
from security.queries import alerts
from tokens.errors import WalletNotFound
from tokens.queries.wallets import wallet_of

ALERTS = "security_alerts"


def alerts_after(alert_id: str, limit: int) -> Sequence[str]:
    """The alerts that follow one, by id."""
    return [str(found) for found in alerts.ids_after(_uuid(alert_id), limit)]


def known_documents(paths: Collection[str]) -> Collection[str]:
    """Those of the paths at which an alert has its document."""
    ids = {path: _uuid(path.removeprefix(f"{ALERTS}/")) for path in paths}
    known = alerts.ids_among([alert_id for alert_id in ids.values() if alert_id])
    return {path for path, alert_id in ids.items() if alert_id in known}


def alert_chunk(subject_id: str, after_version: int, limit: int) -> Chunk | None:  # noqa: ARG001 - a Projection
    """The alert's document. It names the customer as their own documents do, and holds no evidence."""
    alert_id = _uuid(subject_id)
    alert = alerts.alert_of(alert_id) if alert_id else None
    if alert is None:
        return None
    fields = {
        "userId": _document_id(alert.user_id) if alert.user_id else None,
        "kind": alert.kind,
        "severity": alert.severity,
        "status": alert.status,
        "summary": alert.summary,
        "count": alert.count,
        "version": alert.version,
        "createdAt": alert.first_seen_at,
        "updatedAt": alert.updated_at,
    }
    return Chunk(
        subject_path=f"{ALERTS}/{alert.id}",
        version=alert.version,
        version_field="version",
        fields=fields,
    )


def _document_id(user_id: uuid.UUID) -> str:
    """The id of the customer's own document, which never changes; without a wallet there is none."""
    try:
        return wallet_of(user_id).document_id
    except WalletNotFound:
        return str(user_id)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
