"""The app's named bounds."""

from datetime import timedelta

DEDUP_KEY_LENGTH_MAX = 255
SUMMARY_LENGTH_MAX = 300
EVIDENCE_FACTS_MAX = 16
EVIDENCE_NAME_LENGTH_MAX = 64
EVIDENCE_VALUE_LENGTH_MAX = 255

# So many alerts of a kind are opened singly within the window; what exceeds it is counted on one flood alert.
ALERTS_OPENED_MAX = 10
ALERTS_OPENED_WINDOW = timedelta(hours=1)

MAIL_BATCH_MAX = 10
# Longer than a batch can take to send: each of its mails may wait for the server as long as EMAIL_TIMEOUT.
MAIL_LEASE = timedelta(minutes=5)
MAIL_BACK_OFF_MIN = timedelta(minutes=1)
MAIL_BACK_OFF_MAX = timedelta(hours=1)
MAIL_TRIES_MAX = 30  # more than a day

# A wrong webhook secret shows as a handful of refusals for each purchase, an attack as thousands.
BAD_SIGNATURE_WINDOW_SECONDS = 300
BAD_SIGNATURE_BURST = 10

# What is credited shows within a second or two; an outage of Firestore, which parks nothing, shows here.
MIRROR_LAG_SECONDS_MAX = 120

# How much of a customer's history is looked at when a purchase starts, and how far back.
FACTS_WINDOW = timedelta(days=1)
FACTS_MAX = 500

# What every customer may do, unless staff have set other numbers.
PURCHASES_HOURLY_MAX = 5
PURCHASES_DAILY_MAX = 20
# No number may be higher than the history that is looked at: beyond, a lost counter could not be counted anew.
PURCHASES_SETTABLE_MAX = FACTS_MAX
# Redis is asked once more before a buyer is turned away: one late answer, or one cut connection, is no outage.
PURCHASE_COUNT_TRIES_MAX = 2
REASON_LENGTH_MAX = 300
OVERRIDE_LENGTH_MAX = timedelta(days=366)
OVERRIDES_EXPIRED_AT_ONCE_MAX = 100
OVERRIDES_OF_CUSTOMER_SHOWN = REFUSALS_OF_CUSTOMER_SHOWN = 20

# Of one customer; of one address where nobody is signed in.
API_CALLS_PER_MINUTE_MAX = 600
# Of one service's key: against a loop that ran away, not against business.
API_KEY_CALLS_PER_MINUTE_MAX = 60_000
# Of one address: beyond, it is told to wait, and no longer written about in the log.
BAD_SIGNATURES_PER_MINUTE_MAX = 100

# Whoever tries stolen cards is declined again and again. An honest buyer has a few cards; behind one address there
# may be an office. Counted within the window; the rest is from the last decline.
COOL_DOWN_WINDOW = timedelta(hours=1)
COOL_DOWN_DECLINES = 5
COOL_DOWN_DECLINES_OF_ADDRESS = 15
COOL_DOWN_REST = timedelta(minutes=30)

# Detection: what customers, cards and addresses do within these windows, by the rules in security/rules. Whoever did
# nothing new within the look-back is not looked at again, and of each no more than so many at once.
ACTIVITY_WINDOW = timedelta(days=1)
ACTIVITY_LOOK_BACK = timedelta(hours=1)
ACTIVITY_SUBJECTS_MAX = 1_000
CARD_WINDOW = timedelta(days=30)
VELOCITY_WINDOW = timedelta(hours=1)
VELOCITY_PURCHASES_MAX = 3
VELOCITY_CENTS_MAX = 50_000
DECLINES_OF_CUSTOMER_MAX = 8
# Refunds and disputes come weeks after their payments: https://docs.stripe.com/disputes/how-disputes-work.
MONEY_BACK_WINDOW = timedelta(days=90)
REFUNDS_OF_CUSTOMER_MAX = 3
DISPUTES_OF_CUSTOMER_MAX = 1
MISMATCHES_MAX = 1
MISMATCHES_FREEZING = 3  # from so many on the wallet is frozen
ACCOUNTS_OF_CARD_MAX = 3
ACCOUNTS_OF_ADDRESS_MAX = 10
REFUSALS_OF_CUSTOMER_MAX = 20
SEED_BATCH = 1_000  # rows of one statement when alerts are made to be counted
SEED_OPEN_EVERY = 100  # of them is left open
