"""`backoffice`: each page of the admin with the tables full, how long it takes and how much it asks the database.

The tables are filled by `seed_load` in a process of its own. Pages are asked for in this process, through the whole
product but the web server; the database is another process. Each is asked for once for the number of its statements,
and then so often that the slowest of 95 in 100 says something.
"""

import http.client
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from identity.models import User
from payments.models import Purchase
from tests.bench.http_load import WrongAnswer
from tests.bench.rounds import Figures, percentile
from tests.bench.serving import ROOT
from tests.bench.sizes import Sizes
from tests.bench.stage import Place
from tokens.models import Entry

FAR_PAGE = 1_000
SEED_SECONDS_MAX = 3_600
PAGES_NAMED = 8
# What people have in hand, of a row of each of the large tables.
TERMS = {
    "payments.Purchase": ("id", "stripe_session_id", "stripe_payment_intent_id", "buyer_id", "buyer__email"),
    "payments.InboxEvent": ("id", "stripe_event_id", "object_id", "payment_intent_id", "purchase_id"),
    "payments.Refund": ("id", "stripe_refund_id", "purchase_id"),
    "payments.Dispute": ("id", "stripe_dispute_id", "stripe_charge_id"),
    "payments.StripeCustomer": ("stripe_customer_id", "user__email"),
    "tokens.Entry": ("id", "reference", "purchase_id"),
    "tokens.Wallet": ("account_id", "document_id", "account__owner__email"),
    "tokens.Lot": ("id", "account_id", "account__owner__email"),
    "mirror.MirroredDocument": ("path",),
    "mirror.MirroredSubject": ("subject_id",),
    "security.Alert": ("id", "user_id", "dedup_key"),
    "security.LimitRefusal": ("id", "user_id", "user__email"),
    "identity.User": ("id", "email", "firebase_uid", "display_name"),
    "account.EmailAddress": ("email",),
}
PREFIX_LENGTH = 8  # also looked for: the beginning of a term, which many rows have


def measure(place: Place, sizes: Sizes) -> Figures:
    """Fill the tables, ask for every page, export; name the slowest pages."""
    seconds = _seed(place, sizes)
    carol = User.objects.create_superuser("bench@example.com")
    cache.clear()
    client = Client(SERVER_NAME="localhost")
    client.force_login(carol)
    cold_statements = _statements(client, "/admin/")
    cache.clear()
    cold = _milliseconds(client, "/admin/")
    pages = list(dict.fromkeys(_pages(carol)))
    counts = {page: _statements(client, page) for page in pages}
    slowest = {
        page: percentile([_milliseconds(client, page) for _ in range(sizes.page_rounds)], 95)
        for page in pages
    }
    _tell(slowest, counts)
    return {
        "slowest_p95_ms": max(slowest.values()),
        "most_queries": max(cold_statements, *counts.values()),
        "pages": len(pages),
        "dashboard_p95_ms": slowest["/admin/"],
        "dashboard_cold_ms": cold,
        "seed_seconds": seconds,
        **_export(client),
    }


def _seed(place: Place, sizes: Sizes) -> float:
    numbers = (sizes.seed_customers, sizes.seed_purchases, sizes.seed_entries)
    options = [
        f"--{name}={count}"
        for name, count in zip(("customers", "purchases", "entries"), numbers, strict=True)
    ]
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "manage.py", "seed_load", *options],
        cwd=ROOT,
        env={**place.environment, "LOG_LEVEL": "ERROR"},  # a line for each refund would bury the figures
        check=True,
        timeout=SEED_SECONDS_MAX,
    )
    seconds = time.monotonic() - started
    with psycopg.connect(place.owners_url, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")  # as autovacuum does after a while
    return seconds


def _pages(carol: User) -> Iterator[str]:
    """The dashboard, a customer, a purchase; each list's first and a far page, its filters, and its searches."""
    bought = Purchase.objects.filter(status="settled").order_by("-started_at")[0]
    yield from ("/admin/", reverse("admin:customer", args=[bought.buyer_id]))
    yield reverse("admin:customer_timeline", args=[bought.buyer_id])
    yield reverse("admin:payments_purchase_change", args=[bought.id])
    yield reverse("admin:tokens_entry_change", args=[bought.entry_id])
    yield f"/admin/search/?{urlencode({'s': str(carol.email)})}"
    for model, page in admin.site._registry.items():
        if model._default_manager.exists():
            yield from _pages_of(page, carol)


def _pages_of(page: Any, carol: User) -> Iterator[str]:
    request = RequestFactory().get("/")
    request.user = carol
    listed = page.get_changelist_instance(request)
    options = page.model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    yield address
    if listed.paginator.num_pages > 1:
        yield f"{address}?p={min(FAR_PAGE, listed.paginator.num_pages)}"
    for spec in listed.filter_specs:
        for choice in list(spec.choices(listed))[1:]:
            yield address + choice["query_string"]
    newest = page.model._default_manager.values(*TERMS.get(options.label, ())).order_by("-pk").first()
    for term in (newest or {}).values() if options.label in TERMS else ():
        yield f"{address}?{urlencode({'q': term})}"
        yield f"{address}?{urlencode({'q': str(term)[:PREFIX_LENGTH]})}"


def _milliseconds(client: Client, page: str) -> float:
    started = time.perf_counter()
    answer = client.get(page, follow=True)  # a search with one hit leads there
    if answer.status_code != http.client.OK:
        raise WrongAnswer(f"{page} answered {answer.status_code}.")
    return (time.perf_counter() - started) * 1_000


def _statements(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        _milliseconds(client, page)
    return len(asked)


def _export(client: Client) -> Figures:
    """Export every entry; see how much memory this process has had more than before."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    response: Any = client.post("/admin/export/tokens.entry/")
    rows = sum(chunk.count(b"\n") for chunk in response.streaming_content) - 1
    seconds = time.monotonic() - started
    if rows != Entry.objects.count():
        raise WrongAnswer(f"{rows} rows were exported of {Entry.objects.count()}.")
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"export_rows": rows, "export_rows_per_second": rows / seconds, "export_growth_mb": growth}


def _tell(slowest: dict[str, float], counts: dict[str, int]) -> None:
    """Name the slowest pages, and the one that asks most."""
    named = sorted(slowest, key=lambda each: -slowest[each])[:PAGES_NAMED]
    for page in dict.fromkeys((*named, max(counts, key=lambda each: counts[each]))):
        print(f"  {slowest[page]:7.1f} ms  {counts[page]:3d} statements  {page}", flush=True)
