"""What the product's processes hold: memory and database connections. What grows under steady load leaks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg

from sandbox.environment import APPLICATION_ROLE
from sandbox.processes import Child
from tests.bench.rounds import Figures
from tests.support.killing import children_of

MEGABYTE = 1024 * 1024
KILOBYTE = 1024
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"


SIZES = """
    SELECT coalesce(sum(pg_total_relation_size(c.oid)) FILTER (WHERE c.relname LIKE 'tokens%'), 0),
           coalesce(sum(pg_total_relation_size(c.oid)) FILTER (WHERE c.relname LIKE 'payments%'), 0),
           (SELECT count(*) FROM tokens_entry), (SELECT count(*) FROM payments_inboxevent)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'public'
"""


@dataclass(frozen=True)
class Footprint:
    """Megabytes that are the processes' own (shared pages count in parts), and connections."""

    memory_mb: float
    connections: int

    @classmethod
    def now(cls, processes: list[Child], owners_url: str) -> Self:
        """Look at these processes with their children, and at the database."""
        pids = [pid for process in processes for pid in (process.pid, *children_of(process.pid))]
        with psycopg.connect(owners_url) as connection:
            (row,) = connection.execute(CONNECTIONS, [APPLICATION_ROLE]).fetchall()
        return cls(sum(map(_memory, pids)) / MEGABYTE, int(row[0]))

    def figures(self, when: str) -> Figures:
        """The two, with a name for the moment."""
        return {f"memory_mb_{when}": self.memory_mb, f"connections_{when}": self.connections}


def _memory(pid: int) -> int:
    """A process's proportional share of memory in bytes; 0 where it is gone or the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * KILOBYTE for line in lines if line.startswith("Pss:")), 0)


@dataclass(frozen=True)
class Growth:
    """What rows take on the disk, with their indexes: read at two moments, and divided by what came in between."""

    tokens_bytes: int
    payments_bytes: int
    entries: int
    events: int

    @classmethod
    def now(cls, owners_url: str) -> Self:
        """Look at the tables."""
        with psycopg.connect(owners_url) as connection:
            (row,) = connection.execute(SIZES.encode()).fetchall()
        return cls(*map(int, row))

    def since(self, before: Self) -> Figures:
        """Bytes of the ledger's tables for each entry, and of the payments' for each event."""
        return {
            "bytes_per_entry": (self.tokens_bytes - before.tokens_bytes)
            / max(1, self.entries - before.entries),
            "bytes_per_event": (self.payments_bytes - before.payments_bytes)
            / max(1, self.events - before.events),
        }
