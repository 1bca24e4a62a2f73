"""The project of Google Cloud that the scripts under test believe they change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.gcloud.cloud import Cloud
from tests.deploy.gcloud.server import Server
from tests.deploy.workbench import Workbench


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    """A signed-in operator before an empty project."""
    with Server(Cloud()) as server:
        yield Workbench(tmp_path, server)
