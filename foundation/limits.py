"""Bounds that every app shares."""

WAKE_INTERVAL_SECONDS = 0.05
WAKE_REQUEST_IDS_MAX = 10  # of the requests behind one wake-up, that its log lines name
PAGE_SIZE = 25
PAGE_SIZE_MAX = 100
IDEMPOTENCY_KEY_LENGTH_MAX = 255
IDEMPOTENCY_LEASE_SECONDS = 60
IDEMPOTENCY_RETENTION_SECONDS = 7 * 24 * 3600
FORGET_BATCH_ROWS = 1_000  # of rows past their retention, deleted at once …
FORGET_BATCHES_MAX = 50  # … so many times in one run
IDEMPOTENCY_OWNER_LENGTH_MAX = 150

BODY_BYTES_MAX = 1024 * 1024
LENGTH_DIGITS_MAX = 12  # of a Content-Length; longer ones are too large whatever they say
CURSOR_LENGTH_MAX = 500
JSON_DEPTH_MAX = 20

ADMIN_ROWS_COUNTED_MAX = 10_000  # totals above it are estimates
ADMIN_PAGES_MAX = 2_000  # the rows behind the last page are found by searching or filtering
ADMIN_SEARCH_HITS_MAX = 200  # of one lookup
ADMIN_ACTION_ROWS_MAX = 100
ADMIN_REASON_LENGTH_MAX = 500
ADMIN_WORD_LENGTH_MAX = 16  # longer ones are ids, which break where the line ends
ADMIN_JSON_CHARACTERS_MAX = 50_000
# What a page says to come back in when the database or Redis is gone.
OUTAGE_RETRY_SECONDS = 30
