"""How gunicorn serves, wherever `gunicorn config.wsgi` is started; PORT and WEB_CONCURRENCY are its own."""

from config import limits, logs

worker_class = "gthread"
threads = limits.WEB_THREADS
timeout = graceful_timeout = limits.WEB_REQUEST_SECONDS_MAX
max_requests = limits.WEB_REQUESTS_BEFORE_RENEWAL
max_requests_jitter = limits.WEB_REQUESTS_BEFORE_RENEWAL // 10
control_socket_disable = True  # an image may be read-only
logconfig_dict = {
    **logs.logging_config({"level": "INFO", "readable": False}),
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
}
