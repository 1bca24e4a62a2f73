"""Every bound of a campaign, named. Times are in seconds."""

CALL_SECONDS_MAX = 8.0  # of one call to the product
RETRY_SECONDS = 0.7  # after a call that was not answered, or told to come again
IN_USE_RETRY_SECONDS = 3.0  # a request that died blocks its key for a minute
LATE_SECONDS = 20.0  # so long a request that nobody waits for any more may still be on its way
READY_SECONDS_MAX = 180.0
PROBE_SECONDS_MAX = 2.0
COMMAND_SECONDS_MAX = 180.0
REBUILD_SECONDS_MAX = 900.0  # all that the campaign has written is compared again, under load
POLL_SECONDS = 0.05
STRIKE_SECONDS_MAX = 6.0  # so long a point waits for somebody to come there
SETTLE_SECONDS_MAX = 300.0  # for all nets to catch what fell
SETTLE_LOOK_SECONDS = 1.0
READ_SECONDS_MAX = 180.0  # of all documents of a collection, by the judge
STRIPE_RETRY_SECONDS = (0.3, 1.0, 2.0, 5.0, 10.0, 30.0)  # Stripe's own pauses are hours

PURCHASES_OF_CUSTOMER_MAX = 5  # more are refused within an hour
REFUNDS_OF_CUSTOMER_MAX = 2
SPEND_TOKENS_MAX = 20
REPLAY_SHARE = 0.05  # of acknowledged calls that are made once more
ABANDONED_SHARE = 0.1  # of purchases that nobody pays

SLOW_SECONDS = 0.05  # what a slow network adds to whatever passes, either way
COMMIT_SLOW_SECONDS = 3.0
COMMITS_TROUBLED = 6
ANSWERS_TROUBLED = 5
EVENTS_LOST = 4
EVENTS_RESENT = 4  # sessions whose events are told again
MIGRATION_LOCK_MILLISECONDS = 300
