"""Bounds of the running processes."""

WEB_THREADS = 8  # per gunicorn worker; the database pool must have a connection for each
# Connections; seconds of waiting for one; seconds in which one is tried for, with pauses of at most two.
DATABASE_POOL = {"min_size": 1, "max_size": 10, "timeout": 5, "reconnect_timeout": 5}
DATABASE_CONNECT_SECONDS_MAX = 5
DATABASE_UNHEARD_MILLISECONDS_MAX = 10_000  # that nobody acknowledges what was sent: the other end is gone
WEB_STATEMENT_SECONDS_MAX = 15  # of one SQL statement in a web request

REDIS_TIMEOUTS = {"socket_connect_timeout": 0.2, "socket_timeout": 0.5}  # seconds

TASK_SOFT_SECONDS_MAX = 100  # the task is told to stop …
TASK_SECONDS_MAX = 120  # … and is killed
TASK_VISIBILITY_SECONDS = 300  # an unacknowledged task is delivered again; longer than any task may run

HSTS_SECONDS = 365 * 24 * 3600
API_FIELDS_MAX = 200  # form fields of one request

SECRET_KEY_LENGTH_MIN = 50
SECRET_KEY_DISTINCT_CHARACTERS_MIN = 5

PROBE_SECONDS_MAX = 0.5  # connecting to one system
PROBES_SECONDS_MAX = 2.0  # waiting for what is known of all
PROBE_HOLDS_SECONDS = 5.0  # an answer is not asked for again

PASSWORD_LENGTH_MIN = 10
PROBE_STATEMENT_SECONDS_MAX = 2
BACKLOG_SECONDS_MAX = 60.0  # what waits longer is told as degraded
WEB_REQUEST_SECONDS_MAX = (
    30  # a web process whose main thread is silent for longer is replaced; no request is cut off
)
WEB_REQUESTS_BEFORE_RENEWAL = 20_000  # a web worker is replaced after so many: leaks end there
BEAT_SIGN_SECONDS = 30  # beat is gone when its last sign of life is older

SMOKE_ANSWER_SECONDS_MAX = 10  # of one answer that `manage.py smoke` waits for
SMOKE_PATIENCE_SECONDS = 45.0  # for what follows by itself: a credit, the end of an older worker
SMOKE_PAUSE_SECONDS = 0.25
SMOKE_WORKERS_SECONDS = 1.0  # in which every worker has answered
SMOKE_CERTIFICATE_DAYS_MIN = 14
METRICS_STATEMENT_SECONDS_MAX = 5  # of one SQL statement behind /metrics
