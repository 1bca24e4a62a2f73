"""A person who signs in."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Length, Lower
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from foundation.ids import new_id
from identity import limits
from identity.kinds import Right
from identity.models.fields import LowerCaseEmailField


class UserManager(BaseUserManager["User"]):
    """Makes rows. A customer's account is opened by `identity.services.accounts`, and a wallet with it."""

    def create_user(self, email: str | None, password: str | None = None, **fields: object) -> "User":
        """A person with an optional password; without one they sign in some other way."""
        user = self.model(email=email.lower() if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        """A person who may do everything in the back office."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A customer or a member of staff, known by an e-mail address, a Firebase uid, or both.

    `firebase_joined_at` is set when an account that was opened without Firebase joins a uid: its wallet's
    document keeps the id it was opened with, and Firebase must be told that id. `claims_due_at` is when to tell
    it next, that id or whether they are staff, and empty once Firebase knows; `firebase_knows_as_staff` is what it
    was told of their role.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = LowerCaseEmailField(
        "e-mail address", max_length=limits.EMAIL_LENGTH_MAX, unique=True, null=True, blank=True
    )
    firebase_uid = models.CharField(
        "Firebase uid", max_length=limits.FIREBASE_UID_LENGTH_MAX, unique=True, null=True, blank=True
    )
    display_name = models.CharField(max_length=limits.DISPLAY_NAME_LENGTH_MAX, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    firebase_joined_at = models.DateTimeField(null=True, blank=True, editable=False)
    claims_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    firebase_knows_as_staff = models.BooleanField(default=False, editable=False)
    claims_failures = models.PositiveSmallIntegerField(default=0, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        permissions = [Right.MANAGE_STAFF.permission]
        indexes = [
            models.Index(
                name="user_by_name_prefix", fields=["display_name"], opclasses=["varchar_pattern_ops"]
            ),
            models.Index(name="user_staff", fields=["-id"], condition=models.Q(is_staff=True)),
            models.Index(name="user_superusers", fields=["-id"], condition=models.Q(is_superuser=True)),
            models.Index(name="user_inactive", fields=["-id"], condition=models.Q(is_active=False)),
            models.Index(
                name="user_known_as_staff", fields=["-id"], condition=models.Q(firebase_knows_as_staff=True)
            ),
        ]
        constraints = [
            models.CheckConstraint(name="user_email_is_lower_case", condition=models.Q(email=Lower("email"))),
            models.CheckConstraint(name="user_email_is_not_blank", condition=GreaterThan(Length("email"), 0)),
            models.CheckConstraint(
                name="user_uid_is_not_blank", condition=GreaterThan(Length("firebase_uid"), 0)
            ),
        ]

    def __str__(self) -> str:
        return self.email or self.firebase_uid or str(self.id)
