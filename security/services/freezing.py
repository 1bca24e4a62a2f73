"""Freezes the customer whom an alert names, and links the two."""

import uuid
from datetime import datetime

from django.db import transaction

from foundation.ids import new_id
from identity.kinds import Actor, Right
from identity.services import rights
from security.errors import AlertNotFound, AlertWithoutCustomer, CustomerFrozenAlready
from security.queries.alerts import alert_of
from security.services.alerts import link_freeze
from tokens.errors import WalletNotFound
from tokens.kinds import FreezeCause
from tokens.queries.freezes import is_open
from tokens.queries.wallets import wallet_of
from tokens.services import wallets


def freeze_customer(*, alert_id: uuid.UUID, reason: str, actor: Actor, now: datetime) -> uuid.UUID:
    """Freeze the wallet of the customer whom the alert names; answer the freeze's id.

    :raises ActionNotAllowed: `action_not_allowed`
    :raises AlertNotFound: `alert_not_found`
    :raises AlertWithoutCustomer: `alert_without_customer`
    :raises CustomerFrozenAlready: `customer_frozen_already`: by this alert, and not lifted since
    :raises ReasonMissing: `reason_missing`
    """
    rights.require(Right.FREEZE_WALLET, actor=actor)
    alert = alert_of(alert_id)
    if alert is None:
        raise AlertNotFound
    if alert.user_id is None:
        raise AlertWithoutCustomer
    if alert.freeze_id and is_open(alert.freeze_id):
        raise CustomerFrozenAlready
    try:
        wallet = wallet_of(alert.user_id)
    except WalletNotFound as error:
        raise AlertWithoutCustomer from error
    with transaction.atomic():
        freeze_id = wallets.freeze(
            account_id=wallet.account_id,
            cause=FreezeCause.STAFF,
            reference=str(new_id()),
            reason=reason,
            actor=actor,
            now=now,
        )
        link_freeze(alert_id=alert_id, freeze_id=freeze_id, now=now)
    return freeze_id
