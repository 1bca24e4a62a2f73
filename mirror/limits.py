"""Bounds of the mirror."""

# --- Delivery ---
CHUNK_DOCUMENTS_MAX = 200  # documents of one Firestore commit
CHUNKS_PER_DELIVERY_MAX = 20  # then the row is given back: one long backlog must not starve the others
INTERLEAVED_TRIES_MAX = 6  # writes by the document's owner that may get between our read and our commit
LEASE_SECONDS = 30  # a dead worker's row waits this long; a slow worker's late commit changes nothing
DELIVERY_THREADS = 8
IN_HAND_MAX = 32  # rows that one run has claimed: enough to ask for many at once and keep the threads busy
SETTLE_PAUSE_SECONDS = 0.02  # so long deliveries are collected, to be noted together
CLAIM_PAUSE_SECONDS = 0.2  # while slow deliveries run, new rows wait no longer than this to be claimed
RUN_SECONDS_MAX = 20
RUN_ROWS_MAX = 5_000

# --- After a failure ---
ATTEMPTS_MAX = 20  # about an hour, then parked
BACK_OFF_FIRST_SECONDS = 1.0
BACK_OFF_SECONDS_MAX = 300.0
BACK_OFF_DOUBLINGS_MAX = 10
QUOTA_BACK_OFF_SECONDS_MAX = 60.0
OUTAGE_BACK_OFF_SECONDS_MAX = (
    10.0  # a run stops at the first sign of an outage, so that asking often is cheap
)

# --- Firestore's calls ---
CALL_SECONDS_MAX = 5.0  # one call, its repeats included
CALL_RETRY_SECONDS_MAX = 2.0  # repeats of a call that found no server; after that the row backs off
CALL_RETRY_FIRST_SECONDS = 0.1
CALL_RETRY_PAUSE_SECONDS_MAX = 0.5
RECONNECT_SECONDS_MAX = 2.0  # gRPC's own default is two minutes
KEEPALIVE_SECONDS = 30.0
KEEPALIVE_ANSWER_SECONDS_MAX = 5.0
HEALTH_SECONDS_MAX = 1.0
RULES_ANSWER_SECONDS_MAX = 10.0  # of one request made as a client makes it

# --- Repairs ---
REPAIR_BATCH_SUBJECTS_MAX = 100  # asked for at once: what customers wait for stays ahead of them
REPAIR_BATCH_SECONDS_MAX = 60
REPAIR_ATTEMPTS_MAX = 3  # then a subject is told as not done; the workers go on trying
REPAIR_PAUSE_SECONDS = 0.1  # between looks at a batch that other workers have in hand
SURPLUS_PAGE_DOCUMENTS = 300
SCAN_SAMPLE_SUBJECTS_MAX = 1_000  # of each kind, in one scan
SCAN_SECONDS_MAX = 60  # of all kinds; shorter than any task may run
DRIFT_RETENTION_DAYS = 365
COMPARE_RETRY_SECONDS_MAX = 60.0  # of one subject, in a look at everything
COMPARE_RETRY_FIRST_SECONDS = 1.0
COMPARE_RETRY_PAUSE_SECONDS_MAX = 10.0
COMPARE_SAMPLE_SUBJECTS_MAX = 100  # of each kind, for reconciliation: it tells and mends nothing

# --- Retention ---
DOCUMENT_RETENTION_DAYS = 90  # of delivery times; the subject's version tells of older documents
PRUNE_BATCH_ROWS = 5_000
PRUNE_SECONDS_MAX = 60  # of one run; shorter than any task may run
PARKED_LISTED_MAX = 100
