"""What one sandbox is started with."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.stripe.limits import DELIVERY_WORKERS, RETRY_SECONDS


@dataclass(frozen=True)
class Config:
    """`public_url` is how people's browsers reach the pay page; set by the server when it is not given."""

    database: str
    public_url: str
    merchant: str = "Sandbox Shop"
    retry_seconds: tuple[float, ...] = RETRY_SECONDS
    delivery_workers: int = DELIVERY_WORKERS
    journal: Path | None = None
