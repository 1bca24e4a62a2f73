"""What the installation's operators ask. No account helps here, and none is needed for the probes."""

from tests.permissions.table import Row, Table, everybody

OPERATIONS: Table = {
    "healthz": Row(get=everybody(200), post=everybody(200)),
    "readyz": Row(get=everybody(200), post=everybody(200)),
    # Only METRICS_TOKEN opens it; for anybody else it does not exist.
    "metrics": Row(get=everybody(404), post=everybody(404)),
}
