"""Makes the checks one after the other; each ends by itself, whatever the others found."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping

from config.smoke import inside, outside, transport
from config.smoke.findings import CannotBeSeen, Finding, NotAsItShould, PersonNeeded, Verdict
from config.smoke.purchase import purchase
from config.smoke.site import Site

Check = Callable[[Site], str]
CHECKS: Mapping[str, Check] = {
    "health": outside.health,
    "version": outside.version,
    "pages": outside.pages,
    "packages": outside.catalogue,
    "headers": outside.headers,
    "tls": transport.tls,
    "webhook": outside.webhook,
    "strangers": outside.strangers,
    "database": inside.database,
    "stripe": inside.stripe,
    "firestore_rules": inside.firestore_rules,
    "workers": inside.workers,
    "beat": inside.beat,
}
PURCHASE = "purchase"


def look_at(url: str, names: Collection[str], *, buying: bool = False) -> Iterator[Finding]:
    """Make these checks of the site at `url`, and with `buying` a purchase."""
    site = Site(url)
    wanted = {name: check for name, check in CHECKS.items() if name in names}
    try:
        for name, check in {**wanted, **({PURCHASE: purchase} if buying else {})}.items():
            yield _find(name, check, site)
    finally:
        site.close()


def _find(name: str, check: Check, site: Site) -> Finding:
    began = time.monotonic()
    try:
        verdict, words = Verdict.OK, check(site)
    except (NotAsItShould, CannotBeSeen, PersonNeeded) as found:
        verdict, words = found.verdict, str(found)
    except Exception as error:  # noqa: BLE001 - whatever it was, the other checks are still made
        verdict, words = Verdict.FAILED, f"{type(error).__name__}: {error}"
    return Finding(name, verdict, words, round(time.monotonic() - began, 2))
