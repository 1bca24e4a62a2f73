"""`start`: from spawning gunicorn to its first answers, and how long importing the site takes."""

import http.client
import subprocess
import sys
import time

from sandbox.demo import product as processes
from sandbox.processes import free_port, wait_until_ready
from tests.bench.rounds import Figures, interleave, median
from tests.bench.serving import ROOT, status_of
from tests.bench.sizes import Sizes
from tests.bench.stage import Place

IMPORT = "import time; start = time.perf_counter(); import config.wsgi; print(time.perf_counter() - start)"
IMPORT_SECONDS_MAX = 120
FIRST_PAGES = ("/healthz", "/")


def measure(place: Place, sizes: Sizes) -> Figures:
    """Start and stop the web process, and import it, in turns."""
    seconds = interleave(
        {"answer": lambda: first_answer_seconds(place), "import": lambda: import_seconds(place)}, sizes.rounds
    )
    return {
        "first_answer_seconds": median(seconds["answer"]),
        "import_seconds": median(seconds["import"]),
    }


def first_answer_seconds(place: Place) -> float:
    """Start gunicorn as in production; wait until it answers a probe, and then the first page, with 200."""
    port = free_port()
    environment = {**place.environment, "SITE_URL": f"http://localhost:{port}"}
    started = time.perf_counter()
    web = processes.start_web(port, environment, place.logs)
    try:
        for path in FIRST_PAGES:
            wait_until_ready(web, lambda path=path: status_of(port, path) == http.client.OK)  # type: ignore[misc]
        return time.perf_counter() - started
    finally:
        web.stop()


def import_seconds(place: Place) -> float:
    """Import what gunicorn imports, in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT],
        cwd=ROOT,
        env=place.environment,
        capture_output=True,
        check=True,
        text=True,
        timeout=IMPORT_SECONDS_MAX,
    )
    return float(done.stdout)
