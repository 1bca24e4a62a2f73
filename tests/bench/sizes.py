"""How long and how much each measurement runs. None of it waits longer than the sizes say."""

from dataclasses import dataclass

ROUNDS_MIN = 4


@dataclass(frozen=True)
class Sizes:
    """The whole extent of a run: `MEASURING` for figures, `TRYING` to see that the harness works."""

    rounds: int
    # webhook
    webhook_seconds: float  # of one contender in one round
    buyers: int
    deliveries_per_second_max: int  # more are not prepared
    # ledger
    ledger_seconds: int  # pgbench takes whole seconds
    wallets: int
    credits_before: int  # credits of 250 tokens each wallet has before anybody spends
    hot_wallet_clients: int
    small_ledger_wallets: int
    large_ledger_wallets: int
    seeded_entries: int  # of each of them
    growth_rounds: int
    growth_seconds: float  # of one deed on one ledger in one round
    # api
    api_seconds: float  # of one contender in one round
    # mirror
    mirrored_wallets: int
    backlog_wallets: int
    backlog_entries: int  # of each of them
    purchases_per_second: int
    purchases_seconds: float  # of paying in one round
    # load
    load_buyers: int
    saturation_seconds: float
    steady_seconds: float  # at 70 % of saturation
    outage_seconds: float  # without Firestore, under that load
    # reconcile
    history_purchases: int
    # backoffice
    seed_customers: int
    seed_purchases: int
    seed_entries: int  # beside those of the purchases
    page_rounds: int  # of each page


MEASURING = Sizes(
    rounds=ROUNDS_MIN,
    webhook_seconds=3.0,
    buyers=256,
    deliveries_per_second_max=1_200,
    ledger_seconds=3,
    wallets=512,
    credits_before=20,
    hot_wallet_clients=32,
    small_ledger_wallets=100,
    large_ledger_wallets=20_000,
    seeded_entries=100,
    growth_rounds=6,
    growth_seconds=1.0,
    api_seconds=3.0,
    mirrored_wallets=400,
    backlog_wallets=24,
    backlog_entries=100,
    purchases_per_second=20,
    purchases_seconds=5.0,
    load_buyers=512,
    saturation_seconds=20.0,
    steady_seconds=600.0,
    outage_seconds=600.0,
    history_purchases=20_000,
    seed_customers=200_000,
    seed_purchases=300_000,
    seed_entries=1_750_000,
    page_rounds=20,
)
TRYING = Sizes(
    rounds=1,
    webhook_seconds=0.3,
    buyers=8,
    deliveries_per_second_max=1_000,
    ledger_seconds=1,
    wallets=8,
    credits_before=20,
    hot_wallet_clients=4,
    small_ledger_wallets=4,
    large_ledger_wallets=8,
    seeded_entries=3,
    growth_rounds=1,
    growth_seconds=0.1,
    api_seconds=0.3,
    mirrored_wallets=8,
    backlog_wallets=2,
    backlog_entries=5,
    purchases_per_second=10,
    purchases_seconds=0.5,
    load_buyers=32,
    saturation_seconds=1.0,
    steady_seconds=2.0,
    outage_seconds=1.0,
    history_purchases=120,
    seed_customers=100,
    seed_purchases=200,
    seed_entries=400,
    page_rounds=2,
)
