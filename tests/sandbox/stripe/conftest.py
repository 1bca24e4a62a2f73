"""One sandbox for these tests, emptied before each; everything it said is judged at the end."""

from collections.abc import Iterator

import pytest
import stripe

from sandbox.stripe.client import SandboxControls
from tests.sandbox.stripe.support import (
    SECRET,
    Receiver,
    SandboxProcess,
    running_receiver,
    running_sandbox,
    stripe_client,
)
from tests.support.judge import CHECKER, faults_in_journal


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory) -> Iterator[SandboxProcess]:
    directory = tmp_path_factory.mktemp("stripe")
    journal = directory / "journal.jsonl"
    with running_sandbox(
        directory / "stripe.db", "--journal", str(journal), "--retry-seconds", "0.05,0.05"
    ) as process:
        yield process
        assert process.stop() == 0
    if CHECKER.exists():
        assert faults_in_journal(journal) == []


@pytest.fixture
def controls(sandbox_process: SandboxProcess) -> SandboxControls:
    sandbox_process.controls.reset()
    return sandbox_process.controls


@pytest.fixture
def client(controls: SandboxControls) -> stripe.StripeClient:
    return stripe_client(controls.base_url)


@pytest.fixture
def receiver(controls: SandboxControls) -> Iterator[Receiver]:
    """A webhook endpoint that is told of everything."""
    with running_receiver() as receiver:
        controls.register_endpoint(receiver.url, secret=SECRET)
        yield receiver
