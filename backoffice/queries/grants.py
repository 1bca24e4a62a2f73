"""Looks a file of grants up: whose wallets its rows mean, and what each would do."""

import uuid
from collections.abc import Sequence

from backoffice.kinds import GrantLine, GrantRow
from identity.queries.users import people_named
from tokens.queries.wallets import WalletState, wallets_of_owners


def plan(lines: Sequence[GrantLine]) -> list[GrantRow]:
    """What each row would do: a customer is named by e-mail address, user id or Firebase uid, and comes once."""
    people = people_named({line.user for line in lines if not line.problem})
    wallets = wallets_of_owners(set(people.values()))
    first_rows: dict[uuid.UUID, int] = {}
    return [_row(line, people.get(line.user), wallets, first_rows) for line in lines]


def _row(
    line: GrantLine,
    user_id: uuid.UUID | None,
    wallets: dict[uuid.UUID, WalletState],
    first_rows: dict[uuid.UUID, int],
) -> GrantRow:
    problem = line.problem or _problem(user_id, wallets, first_rows)
    if problem or user_id is None:
        return GrantRow(line.number, line.user, line.tokens or 0, None, problem, is_good=False)
    wallet = wallets[user_id]
    first_rows[user_id] = line.number
    outcome = f"{wallet.balance:,} → {wallet.balance + (line.tokens or 0):,}"
    if wallet.frozen:
        outcome += "; the wallet is frozen: they arrive, and wait with the rest"
    if wallet.debt:
        outcome += f"; {min(wallet.debt, line.tokens or 0):,} of them repay a debt"
    return GrantRow(line.number, line.user, line.tokens or 0, wallet.account_id, outcome, is_good=True)


def _problem(
    user_id: uuid.UUID | None, wallets: dict[uuid.UUID, WalletState], first_rows: dict[uuid.UUID, int]
) -> str:
    if user_id is None:
        return "Nobody has this address or id"
    if user_id not in wallets:
        return "They have no wallet yet"
    if user_id in first_rows:
        return f"Row {first_rows[user_id]} is for the same customer"
    return ""
