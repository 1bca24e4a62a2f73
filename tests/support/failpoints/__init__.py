"""Named points in the product's own processes at which a test has them die, or stand still.

    failpoints = Failpoints(directory)
    Product(..., environment=failpoints.environment)
    failpoints.arm("credited, not answered")          # whichever process comes there first is killed, once
    failpoints.wait_until_struck("credited, not answered")

The product knows nothing of them: `sitecustomize`, beside this file, is what Python runs first in a process that
has this directory on its path, and wraps the functions named there as they are imported.
"""

from pathlib import Path

from tests.support.failpoints.sitecustomize import DIRECTORY, POINTS
from tests.support.product import wait_for

HERE = Path(__file__).resolve().parent


class Failpoints:
    """The failpoints of one running product."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to have them."""
        return {"PYTHONPATH": str(HERE), DIRECTORY: str(self._directory)}

    def arm(self, name: str, *, hold: bool = False) -> None:
        """Have the next process that comes to this point killed; or have its thread wait there to be let go."""
        assert name in POINTS, f"there is no failpoint {name!r}"
        self._armed(name).write_text("hold" if hold else "die")

    def is_armed(self, name: str) -> bool:
        """Whether nobody has come there yet."""
        return self._armed(name).exists()

    def disarm_one(self, name: str) -> bool:
        """Forget that a point is armed; tell whether it still was."""
        try:
            self._armed(name).unlink()
        except FileNotFoundError:
            return False
        return True

    def wait_until_struck(self, name: str) -> None:
        """Wait until a process has come there."""
        wait_for(lambda: not self._armed(name).exists(), what=f"somebody comes to the point {name!r}")

    def let_go(self, name: str) -> None:
        """Let the thread that waits at this point go on."""
        self._armed(name).with_suffix(".held").unlink()

    def disarm(self) -> None:
        """Forget what is armed, and let go whoever waits."""
        for path in self._directory.iterdir():
            path.unlink(missing_ok=True)

    def _armed(self, name: str) -> Path:
        return self._directory / f"{name}.armed"
