"""Opens accounts again that a restored database has lost, under the ids that they had."""

import uuid
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from identity.models import User
from identity.services.accounts import open_account


def reopen_account(*, user_id: uuid.UUID, document_id: str, email: str, now: datetime) -> User:
    """The account that this was, or the one that its Firebase user has opened meanwhile, or the lost one anew.

    `document_id` names its documents in Firestore: a Firebase uid, else the user's id. An e-mail address is taken
    unverified, and only if it is free: whoever proves it to be theirs by resetting the password is in again.
    """
    uid = document_id if document_id != str(user_id) else None
    known = User.objects.filter(pk=user_id).first()
    if known is None and uid:
        known = User.objects.filter(firebase_uid=uid).first()
    return known or _open(user_id, uid, "" if uid else email.lower(), now)


def _open(user_id: uuid.UUID, uid: str | None, email: str, now: datetime) -> User:
    is_free = bool(email) and not User.objects.filter(email=email).exists()
    user = User(pk=user_id, email=email if is_free else None, firebase_uid=uid, date_joined=now)
    user.set_unusable_password()
    with transaction.atomic():
        open_account(user=user, now=now)
        if is_free:
            EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
    return user
