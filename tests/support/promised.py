"""What is promised to whoever reads logs and measures: the names, and what each line tells."""

# Each log event of the contract, and the fields that every line of it has beside `event`, `level` and `timestamp`.
EVENTS: dict[str, frozenset[str]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "purchase.started": "purchase_id package",
        "purchase.refused": "purchase_id stripe_code",
        "checkout.created": "purchase_id stripe_session_id",
        "webhook.received": "stripe_event_id type status seconds request_id",
        "webhook.rejected": "code",
        "webhook.ignored": "stripe_event_id livemode request_id",
        "purchase.settled": "purchase_id",
        "purchase.quarantined": "purchase_id reason",
        "credit.failed": "inbox_event_id type code attempts",
        "ledger.posted": "type",  # entry_id and reference, or how many entries where one call has posted several
        "refund.applied": "purchase_id entry_id reference tokens_before tokens",
        "dispute.opened": "purchase_id stripe_dispute_id status",
        "dispute.closed": "purchase_id stripe_dispute_id status",
        "mirror.delivered": "kind subject_id version documents",
        "mirror.failed": "kind subject_id attempts code detail",
        "mirror.parked": "kind subject_id attempts code detail",
        "rate_limit.refused": "limit allowed user_id",
        "override.granted": "override_id user_id kind actor",
        "alert.raised": "alert_id kind severity",
        "alert.resolved": "alert_id resolution actor",
        "reconcile.finished": "check looked_at discrepancies repaired error",
        "discrepancy.found": "kind",
        "discrepancy.repaired": "kind",
        "admin.action": "action subject_kind subject_id actor_kind actor audit_id",
    }.items()
}

# What the product tells beside it. It may change; nothing that is promised is missing among both.
EVENTS_BESIDE = frozenset(
    (
        *("admin.refused", "alert.acknowledged", "alert.assigned", "alert.mail_failed"),
        *("api.outage", "api.uncounted", "api_key.created", "api_key.revoked"),
        *("backfill.failed", "cache.without_redis", "catalogue.withdraw_failed"),
        *("counter.not_given_back", "counter.unanswered", "discrepancy.not_repaired", "event.fetched"),
        *("ledger.imbalance", "limits.changed", "measures.taken"),
        *("mirror.batch_failed", "mirror.looks_again", "mirror.projection_failed"),
        *("mirror.retried", "mirror.scanned"),
        *("override.expired", "override.revoked", "page.outage", "proposal.incomplete"),
        *("purchase.ask_failed", "purchase.recovered", "rate_limit.labelled", "reconcile.failed"),
        *("refund.ask_failed", "refund.requested", "sale.defect_found", "signatures.uncounted"),
        *("stripe_sync.failed", "timetable.changed", "wake.failed", "claims.failed"),
        *("wallet.frozen", "wallet.unfrozen", "wallets.swept", "webhook.waiting"),
    )
)

# Each measure of the contract by its name in an exposition, and its type.
MEASURES = {
    "purchases_paid_total": "counter",
    "purchases_credited_total": "counter",
    "webhook_seconds": "histogram",
    "paid_to_credited_seconds": "gauge",
    "credited_to_mirrored_seconds": "gauge",
    "failed_credits": "gauge",
    "security_alerts_total": "counter",
    "rate_limit_refusals_total": "counter",
    "rate_limit_false_positives_total": "counter",
}
MEASURES_BESIDE = {
    "mirror_drift_total": "counter",
    **dict.fromkeys(("purchases_stuck", "inbox_backlog", "inbox_lag_seconds", "inbox_parked"), "gauge"),
    **dict.fromkeys(("mirror_backlog", "mirror_lag_seconds", "mirror_parked", "mirror_drift_open"), "gauge"),
    "metrics_failed": "gauge",
}
