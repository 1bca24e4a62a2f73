"""The bank's bounds."""

PACKAGE_CODE_LENGTH_MAX = 32
PACKAGE_TOKENS_MAX = 1_000_000
# Stripe charges nothing smaller: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
PACKAGE_PRICE_CENTS_MIN = 50
PACKAGE_PRICE_CENTS_MAX = 1_000_000
# The columns are bigint. Nothing a person sells comes near this, and sums stay far from overflow.
ENTRY_TOKENS_MAX = 1_000_000_000
REFERENCE_LENGTH_MAX = 255
FREEZE_REASON_LENGTH_MAX = 500
SERVICE_NAME_LENGTH_MAX = 64
REASON_LENGTH_MAX = 200
LABEL_LENGTH_MAX = 255
IMBALANCES_SHOWN_MAX = 100
