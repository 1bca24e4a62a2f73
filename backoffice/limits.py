"""Bounds of the back office."""

from datetime import timedelta

SEARCH_TERM_LENGTH_MAX = 255
SEARCH_BEGINNING_LENGTH_MIN = 3  # a shorter beginning is everybody's
SEARCH_HITS_SHOWN = 20  # of one kind of row; who needs more has the list
SEED_BATCH = 1_000  # rows of one step when tables are filled to be measured
SEED_SHARE = 20  # so many customers have one alert and one refusal

CUSTOMER_SECTION_ROWS = 8  # of each section of a customer's page; the list behind it has the rest
CUSTOMER_TIMELINE_ROWS = 10  # there; the timeline's own page has the rest
TIMELINE_PAGE_SIZE = 25
EXPORT_CHUNK = 2_000  # rows that are in memory at once
EXPORT_STALLED_SECONDS_MAX = 60  # for which an export waits for its reader
COUNT_SECONDS_MAX = 60  # after which somebody else may count what one caller has begun to count
COUNTED_KEPT_SECONDS = 24 * 3600
FIGURES_FRESH_SECONDS = 60
LIABILITY_FRESH_SECONDS = 600  # it reads every open lot; a worker counts it anew in half the time

PROPOSAL_LIFETIME = timedelta(days=3)
PROPOSALS_EXPIRED_MAX = 1_000  # of one run
PROPOSAL_CHANGES_SHOWN_MAX = 20  # entries that a wallet has got since
# What one person may grant alone by files, to all customers together, within the window.
GRANTS_ALONE_TOKENS_MAX = 1_000
GRANTS_ALONE_WINDOW = timedelta(days=1)
GRANT_FILE_BYTES_MAX = 256 * 1024
GRANT_ROWS_MAX = 2_000
GRANT_TOKENS_MAX = 1_000_000  # of one row
GRANT_BATCH = 500  # rows of one transaction
PROPOSALS_COMPLETED_MAX = 20  # of a kind, in one run
