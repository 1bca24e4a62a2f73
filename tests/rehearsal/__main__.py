"""./dev rehearse release | restore: exits with 0 if all went as it should."""

import sys
from collections.abc import Callable

from tests.rehearsal import release, restore

REHEARSALS: dict[str, Callable[[], int]] = {"release": release.rehearse, "restore": restore.rehearse}


def main(names: list[str]) -> int:
    """Rehearse what is named."""
    if not names or any(name not in REHEARSALS for name in names):
        print(f"usage: ./dev rehearse {' | '.join(REHEARSALS)}")
        return 2
    return 1 if any(REHEARSALS[name]() for name in names) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
