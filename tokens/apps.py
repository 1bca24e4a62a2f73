"""Django's description of the app, and what it tells the apps below it."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """The bank."""

    name = "tokens"

    def ready(self) -> None:
        """Say what the documents of wallets and packages are, and that every account gets a wallet."""
        from identity.services.accounts import register_account_opener  # noqa: PLC0415 - models load first
        from mirror.kinds import Shelf  # noqa: PLC0415 - the apps load first
        from mirror.services.projections import register  # noqa: PLC0415 - the apps load first
        from tokens import projections  # noqa: PLC0415 - the apps load first
        from tokens.services import losses  # noqa: PLC0415 - models load first
        from tokens.services.wallets import open_wallet  # noqa: PLC0415 - the apps load first

        register(
            "wallet",
            projections.wallet_chunk,
            subjects=projections.wallets_after,
            subjects_of=projections.wallets_of_entries,
            projections=projections.wallet_chunks,
            shelves=(
                # A customer's app keeps fields of its own beside ours.
                Shelf(
                    projections.WALLETS,
                    projections.known_wallet_documents,
                    projections.WALLET_FIELDS,
                    losses=losses.lost_wallets,
                    read_fields=losses.BALANCE_FIELDS,
                ),
                Shelf(
                    projections.ENTRIES,
                    projections.known_entry_documents,
                    losses=losses.lost_entries,
                    read_fields=losses.ENTRY_FIELDS,
                ),
            ),
        )
        register(
            "package",
            projections.package_chunk,
            subjects=projections.packages_after,
            shelves=(Shelf(projections.PACKAGES, projections.known_package_documents),),
        )
        register_account_opener(open_wallet)
