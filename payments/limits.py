"""The bounds of payments. Stripe's own are named with the page of Stripe's documentation they come from."""

from datetime import timedelta

# https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at: 30 minutes to 24 hours.
SESSION_LIFETIME = timedelta(hours=2)
# A start that was interrupted can be resumed while its session would still live half an hour, Stripe's minimum.
RESUME_WINDOW = SESSION_LIFETIME - timedelta(minutes=31)

# https://docs.stripe.com/webhooks#verify-manually: the default tolerance. We hold the future to it as well.
SIGNATURE_TOLERANCE = timedelta(minutes=5)
WEBHOOK_BODY_BYTES_MAX = 512 * 1024
SIGNATURE_HEADER_LENGTH_MAX = 2048
EVENT_ID_LENGTH_MAX = 255
EVENT_TYPE_LENGTH_MAX = 100

STRIPE_TIMEOUT_SECONDS = 10
STRIPE_NETWORK_RETRIES_MAX = 2

# While a buyer waits on the success page Stripe is asked about the session at most this often.
ASK_STRIPE_INTERVAL = timedelta(seconds=3)

SETTLE_TRIES_MAX = 3
INBOX_TRIES_MAX = 8
INBOX_BATCH_MAX = 100
INBOX_BACKOFF_MIN = timedelta(seconds=10)
INBOX_BACKOFF_MAX = timedelta(hours=6)

SYNC_TRIES_MAX = 6
SYNC_BATCH_MAX = 25
SYNC_LEASE = timedelta(minutes=5)
SYNC_BACKOFF_MIN = timedelta(seconds=30)

SWEEP_BATCH_MAX = 50
# The latencies that /metrics tells are those of the newest purchases.
MEASURED_WINDOW = timedelta(hours=1)
MEASURED_PURCHASES_MAX = 1_000
# What is paid is credited within two seconds; after this it counts as failed.
CREDIT_GRACE = timedelta(minutes=2)

# Stripe's own expiry event normally arrives first; the sweep asks after this.
SWEEP_GRACE = timedelta(minutes=2)

# The page after paying asks this often, and after this long it says that it is taking longer than usual.
PROGRESS_POLL_MILLISECONDS = 700
PROGRESS_WAIT = timedelta(seconds=45)
# Without JavaScript the page reloads itself instead.
PROGRESS_REFRESH_SECONDS = 3

# Of several who publish one package at once all but one begin again, each time.
PUBLISH_TRIES_MAX = 10
