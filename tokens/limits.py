"""The bank's bounds."""

from datetime import date, timedelta

PACKAGE_CODE_LENGTH_MAX = 32
PACKAGE_TOKENS_MAX = 1_000_000
# Stripe charges nothing smaller: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
PACKAGE_PRICE_CENTS_MIN = 50
PACKAGE_PRICE_CENTS_MAX = 1_000_000
PACKAGE_EXPIRY_DAYS_MAX = 3_650  # ten years
# The columns are bigint. Nothing a person sells comes near this, and sums stay far from overflow.
ENTRY_TOKENS_MAX = 1_000_000_000
REFERENCE_LENGTH_MAX = 255
FREEZE_REASON_LENGTH_MAX = 500
SERVICE_NAME_LENGTH_MAX = 64
REASON_LENGTH_MAX = 200
LABEL_LENGTH_MAX = 255
CALL_TOKENS_MAX = 100_000_000  # of one spend, grant or hold
HOLD_SECONDS_DEFAULT = 24 * 3600
HOLD_SECONDS_MIN = 10
HOLD_SECONDS_MAX = 30 * 24 * 3600
BULK_GRANTS_MAX = 1_000  # of one call
# What one person may correct in one wallet within the window; beyond it another has to agree (identity's four eyes).
CORRECTION_ALONE_TOKENS_MAX = 1_000
CORRECTION_ALONE_WINDOW = timedelta(days=1)
ACTOR_ID_LENGTH_MAX = 64
SEED_BATCH = 1_000  # rows of one call when a ledger is filled to be measured
SEED_TOKENS = 10  # of one entry there
WALLETS_SWEPT_MAX = 1_000  # of one run
STATEMENT_FIRST_DAY = date(2000, 1, 1)  # before any token was
STATEMENT_LINES_SHOWN_MAX = 500  # on a page; the file has all
IMBALANCES_SHOWN_MAX = 100
IMBALANCE_TOKENS_MAX = 10**12  # told of one, so that those of many can be added up
