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

# A buyer and one of the web process's threads wait for this: two tries, and then "try again".
STRIPE_TIMEOUT_SECONDS = 4
STRIPE_NETWORK_RETRIES_MAX = 1
PAYMENTS_RETRY_SECONDS = 10

# While a buyer waits on the success page Stripe is asked about the session at most this often.
ASK_STRIPE_INTERVAL = timedelta(seconds=3)

SETTLE_TRIES_MAX = 3
INBOX_TRIES_MAX = 8
INBOX_BATCH_MAX = 100
INBOX_BACKOFF_MIN = timedelta(seconds=10)
INBOX_BACKOFF_MAX = timedelta(hours=6)

PAID_CENTS_MAX = 2**31 - 1  # what the column holds; Stripe's own bound is 99,999,999

INTEGRITY_CHUNK = 1_000  # how many purchases with refunds or disputes are in memory at once

# Stripe keeps an idempotency key for at least 24 hours: until then the same request is the same refund.
REFUND_RETRY_WINDOW = timedelta(hours=23)
REFUND_RETRY_INTERVAL = timedelta(minutes=1)
REFUND_BATCH_MAX = 50
REFUND_NOTE_LENGTH_MAX = 500
REFUND_DIGITS_MAX = 12
# What one person gives back of a purchase alone, in whole units of its currency: $50. Beyond it another has to agree.
REFUND_ALONE_MAX = 50

SYNC_TRIES_MAX = 6
SYNC_WAKE_SECONDS = 1.0  # staff who look at Stripe's objects can wait that long: one wake-up for many events
SYNC_BATCH_MAX = 25
SYNC_SECONDS_MAX = 60  # of one run, which then ends with the event in hand; shorter than any task may run
SYNC_LEASE = timedelta(minutes=5)
SYNC_BACKOFF_MIN = timedelta(seconds=30)

# How many purchases one sweep asks Stripe about, and how soon it asks about the same one again.
SWEEP_BATCH_MAX = 50
SWEEP_ASK_INTERVAL = timedelta(minutes=10)
# One run asks Stripe about credited purchases, so many in memory at once, until beat starts the next.
SALE_CHECKS_BATCH = 100
SALE_CHECKS_SECONDS_MAX = 50
# The latencies that /metrics tells are those of the newest purchases.
MEASURED_WINDOW = timedelta(hours=1)
MEASURED_PURCHASES_MAX = 1_000
# What is paid is credited within two seconds; after this it counts as failed.
CREDIT_GRACE = timedelta(minutes=2)

# Stripe's own expiry event normally arrives first; the sweep asks after this.
SWEEP_GRACE = timedelta(minutes=2)

# https://docs.stripe.com/payments/ach-direct-debit: a bank takes up to four business days, which are a week at most.
PROCESSING_WAIT = timedelta(days=7)
# Stripe tells how a bank has decided; in case that gets lost it is asked this often, for days.
PROCESSING_ASK_INTERVAL = timedelta(hours=6)

# https://docs.stripe.com/api/events/list: a hundred at a time, and Stripe keeps them for 30 days.
EVENT_PAGE_SIZE = 100
BACKFILL_HORIZON = timedelta(days=30)
# Younger events are still on their way; those a little before the last run's end may have been listed late.
BACKFILL_PATIENCE = timedelta(minutes=1)
BACKFILL_OVERLAP = timedelta(minutes=10)
BACKFILL_PAGES_MAX = 20  # of one run: two thousand events, which take a worker about ten seconds
BACKFILL_LEASE = timedelta(minutes=5)

# What one reconciliation may cost: calls for the events of a day, and for any other of Stripe's lists.
RECONCILE_PAGES_PER_DAY_MAX = 2_000
LIST_PAGE_SIZE = 100  # Stripe's own bound
LIST_PAGES_MAX = 2_000
LIST_SLACK = timedelta(minutes=15)  # how far apart Stripe's clock and ours may be
RECONCILE_SINCE = timedelta(days=1)  # unless it is told since when
RECONCILE_CHUNK = 1_000  # rows that are read or written at once
MIRROR_LOOKED_AT_AGAIN_MAX = 100  # what Firestore showed wrongly, beside each sample of it
IMBALANCES_TOLD_MAX = 1_000  # of each kind
# Purchases that are stuck and were started before what is listed: so many are asked about, one by one.
STUCK_ASKED_MAX = 100
RECONCILE_TASK_SOFT_SECONDS_MAX = 240  # one task's checks; what takes longer is for the command …
RECONCILE_TASK_SECONDS_MAX = 270  # … and both end before the broker gives the task to another worker
# A check that was not made in full for so long, a few of its periods in the timetable, is told once so many have tried:
# what nobody tries is not due, or beat or the workers stand still, which is told otherwise.
CHECK_OVERDUE_TRIES_MIN = 2
CHECK_OVERDUE_AFTER = timedelta(hours=4)
CHECK_OVERDUE_AFTER_OF = {"ledger": timedelta(days=1), "balance": timedelta(days=3)}
# How long things are kept: what Stripe told for as long as Stripe itself keeps it.
PAYLOADS_KEPT = timedelta(days=30)
PAYLOADS_OF_EARLY_EVENTS_KEPT = timedelta(days=90)
RUNS_KEPT = timedelta(days=90)
DISCREPANCIES_KEPT = timedelta(days=365)

DISCREPANCY_KIND_LENGTH_MAX = 40
DISCREPANCY_SUBJECT_LENGTH_MAX = 255
DISCREPANCY_WORDS_LENGTH_MAX = 300

# The page after paying asks this often, and after this long it says that it is taking longer than usual.
PROGRESS_POLL_MILLISECONDS = 700
PROGRESS_WAIT = timedelta(seconds=45)
# Without JavaScript the page reloads itself instead.
PROGRESS_REFRESH_SECONDS = 3

# Of several who publish one package at once all but one begin again, each time.
PUBLISH_TRIES_MAX = 10

SECRET_STORE_SECONDS_MAX = 10  # waiting for one answer
SEED_BATCH = 500  # purchases of one transaction when they are made to be counted
SEED_SPAN = timedelta(days=90)
SEED_REFUNDED_EVERY = 50
SEED_DISPUTED_EVERY = 400

CHARGES_SHOWN_MAX = 25  # of one payment, on its page
