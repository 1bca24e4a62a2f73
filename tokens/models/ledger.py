"""The double-entry ledger, for reading: only the database functions in migrations/sql write these tables."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from identity.kinds import Right
from tokens.kinds import AccountKind, EntryType, WalletStatus
from tokens.limits import PACKAGE_CODE_LENGTH_MAX, REFERENCE_LENGTH_MAX


class Account(models.Model):
    """One side of a posting: a customer's wallet, or one of the house's accounts."""

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=16, choices=AccountKind)
    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="account"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=AccountKind.WALLET, owner__isnull=False)
                | (~Q(kind=AccountKind.WALLET) & Q(owner__isnull=True)),
                name="account_only_wallets_are_owned",
            ),
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="account_kind_known"),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(owner__isnull=True), name="account_one_per_house_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}" if self.owner_id else self.kind


class Wallet(models.Model):
    """What one customer has. `seq` counts entries, `version` every change that an app could show."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True)
    document_id = models.CharField(
        max_length=128, unique=True, help_text="The wallet's document in Firestore."
    )
    status = models.CharField(max_length=8, choices=WalletStatus, default=WalletStatus.ACTIVE)
    balance = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=1)
    total_purchased = models.BigIntegerField(default=0, help_text="Tokens ever bought, without bonus.")
    total_earned = models.BigIntegerField(default=0, help_text="Bonus and granted tokens, ever.")
    total_spent = models.BigIntegerField(default=0)
    chain_hash = models.BinaryField(max_length=32, help_text="The hash of the wallet's last posting.")
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        permissions = [
            Right.PROPOSE_ADJUSTMENT.permission,
            Right.ADJUST.permission,
            Right.GRANT_MANY.permission,
            Right.FREEZE_WALLET.permission,
        ]
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="wallet_balance_not_negative"),
            models.CheckConstraint(condition=Q(debt__gte=0), name="wallet_debt_not_negative"),
            models.CheckConstraint(
                condition=Q(held__gte=0, held__lte=F("balance")), name="wallet_held_within_balance"
            ),
            models.CheckConstraint(condition=Q(version__gt=F("seq")), name="wallet_version_past_seq"),
            models.CheckConstraint(condition=Q(status__in=WalletStatus.values), name="wallet_status_known"),
        ]
        indexes = [
            models.Index(
                fields=["status", "-account"],
                condition=~Q(status=WalletStatus.ACTIVE),
                name="wallet_not_active",
            ),
        ]

    def __str__(self) -> str:
        return f"wallet {self.document_id}"


class Entry(models.Model):
    """One indivisible movement of tokens. It carries codes, ids and numbers, never free text or personal data."""

    id = models.UUIDField(primary_key=True, editable=False)
    type = models.CharField(max_length=16, choices=EntryType)
    reference = models.CharField(
        max_length=REFERENCE_LENGTH_MAX,
        db_collation="C",  # one index finds it whole and by its beginning, in any database's language
        help_text="The business key: one entry each, for ever.",
    )
    request_hash = models.BinaryField(max_length=32)
    line_count = models.PositiveSmallIntegerField()
    purchase_id = models.UUIDField(null=True, blank=True)
    package_code = models.CharField(max_length=PACKAGE_CODE_LENGTH_MAX, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "entries"
        permissions = [Right.REVERSE_ENTRY.permission]
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="entry_once_per_reference"),
            models.CheckConstraint(condition=Q(line_count__gte=2), name="entry_has_two_sides"),
            models.CheckConstraint(condition=Q(type__in=EntryType.values), name="entry_type_known"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="entry_newest_first"),
            models.Index(fields=["type", "-created_at", "-id"], name="entry_by_type"),
            models.Index(
                fields=["purchase_id"], condition=Q(purchase_id__isnull=False), name="entry_by_purchase"
            ),
            models.Index(
                fields=["package_code", "-created_at", "-id"],
                condition=Q(package_code__gt=""),
                name="entry_by_package",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Posting(models.Model):
    """One signed line of an entry. Lines on a wallet carry its `seq`, running balance and hash.

    That there are its entry and its account the guards say, once for all lines (docs/adr/0025).
    """

    pk = models.CompositePrimaryKey("entry_id", "line")
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, related_name="postings", db_index=False, db_constraint=False
    )
    line = models.PositiveSmallIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    amount = models.BigIntegerField(help_text="Positive: tokens come into the account.")
    seq = models.BigIntegerField(null=True)
    balance_after = models.BigIntegerField(null=True)
    wallet_version = models.BigIntegerField(null=True, help_text="The wallet's version that this led to.")
    chain_hash = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "seq"], name="posting_seq_once_per_account"),
            # A wallet's line may be of nothing: an entry that moves only what its owner owes has one, too.
            models.CheckConstraint(
                condition=~Q(amount=0) | Q(seq__isnull=False), name="posting_moves_something"
            ),
            models.CheckConstraint(condition=Q(line__gte=1), name="posting_lines_start_at_one"),
            models.CheckConstraint(
                condition=Q(
                    seq__isnull=True,
                    balance_after__isnull=True,
                    wallet_version__isnull=True,
                    chain_hash__isnull=True,
                )
                | Q(
                    seq__isnull=False,
                    balance_after__isnull=False,
                    wallet_version__isnull=False,
                    chain_hash__isnull=False,
                ),
                name="posting_wallet_columns_together",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+d}"
