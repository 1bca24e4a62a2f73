"""Opens accounts: the one place where a customer comes into being, with all that must exist beside them."""

import uuid
from datetime import datetime
from typing import Protocol

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from foundation.waker import wake
from identity import limits
from identity.errors import AccountDisabled, EmailTaken
from identity.kinds import SET_CLAIMS_TASK, FirebaseClaims
from identity.models import User
from identity.queries.users import document_id


class AccountOpener(Protocol):
    """What another app does, in the same transaction, when an account is opened (a wallet, say)."""

    def __call__(self, *, user_id: uuid.UUID, document_id: str, now: datetime) -> object:
        """`document_id` names the account's documents in Firestore for ever."""


_openers: list[AccountOpener] = []


def register_account_opener(opener: AccountOpener) -> None:
    """Have `opener` called in the transaction of every new account. Apps call this once, from `ready()`."""
    _openers.append(opener)


def open_account(*, user: User, now: datetime) -> User:
    """Save a new user whose fields have been filled in, and open what belongs to them.

    :raises EmailTaken: `email_taken`, also when two sign-ups with one address meet.
    """
    try:
        with transaction.atomic():
            _save_and_open(user, now)
    except IntegrityError as error:
        if _is_email_taken(user.email):
            raise EmailTaken from error
        raise
    return user


def open_account_for_email(
    *, email: str, password: str | None, now: datetime, display_name: str = "", email_verified: bool = False
) -> User:
    """Open an account that signs in with an e-mail address. `email_verified` if we know it to be theirs.

    :raises EmailTaken: `email_taken`.
    """
    user = User(email=email.lower(), display_name=display_name, date_joined=now)
    user.set_password(password)
    with transaction.atomic():
        open_account(user=user, now=now)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=email_verified)
    return user


def open_account_for_firebase(*, claims: FirebaseClaims, now: datetime) -> User:
    """The account of this Firebase uid: known, or joined to an account by e-mail, or opened now.

    It joins an account that signs in by e-mail only if both sides have verified the address: Firebase (in the
    token) and we (allauth's row). Else it gets an account of its own, whose address stays empty if it is
    taken or unverified: with an address that nobody has proved, its bearer could wait in an account for the
    address's owner.

    :raises AccountDisabled: `account_disabled`.
    """
    user = _sight(claims, now, tries=limits.OPEN_ACCOUNT_TRIES_MAX)
    if not user.is_active:
        raise AccountDisabled
    return user


def _sight(claims: FirebaseClaims, now: datetime, *, tries: int) -> User:
    try:
        with transaction.atomic():
            return _find_join_or_open(claims, now)
    except IntegrityError:  # a racing first sighting of this uid, or a sign-up with this address, came first
        if tries == 1:
            raise
    return _sight(claims, now, tries=tries - 1)


def _find_join_or_open(claims: FirebaseClaims, now: datetime) -> User:
    known = User.objects.filter(firebase_uid=claims.uid).first()
    if known is not None:
        return _with_email(known, claims)
    return _join(claims, now) or _open_for_uid(claims, now)


def _with_email(user: User, claims: FirebaseClaims) -> User:
    """Adopt an address that Firebase has verified since the account was opened, if it is free."""
    email = claims.verified_email
    if email and user.email is None and not _is_email_taken(email):
        user.email = email
        user.save(update_fields=["email"])
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user


def _join(claims: FirebaseClaims, now: datetime) -> User | None:
    """Give the uid to the account whose owner has verified the same address here, if it has none yet."""
    if claims.verified_email is None:
        return None
    verified = EmailAddress.objects.filter(email=claims.verified_email, verified=True)
    user = (
        User.objects.select_for_update().filter(pk__in=verified.values("user_id"), firebase_uid=None).first()
    )
    if user is None:
        return None
    if not user.is_active:
        raise AccountDisabled
    user.firebase_uid = claims.uid
    user.firebase_joined_at = now
    if claims.wallet_id != document_id(user):
        user.claims_due_at = now
        wake(SET_CLAIMS_TASK)
    user.save(update_fields=["firebase_uid", "firebase_joined_at", "claims_due_at"])
    return user


def _open_for_uid(claims: FirebaseClaims, now: datetime) -> User:
    email = claims.verified_email
    if email and _is_email_taken(email):
        email = None
    user = User(email=email, firebase_uid=claims.uid, display_name=claims.display_name, date_joined=now)
    user.set_unusable_password()
    _save_and_open(user, now)
    if email:
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user


def _save_and_open(user: User, now: datetime) -> None:
    user.save(force_insert=True)
    for opener in _openers:
        opener(user_id=user.id, document_id=document_id(user), now=now)


def _is_email_taken(email: str | None) -> bool:
    if email is None:
        return False
    verified = EmailAddress.objects.filter(email=email, verified=True)
    return User.objects.filter(email=email).exists() or verified.exists()
