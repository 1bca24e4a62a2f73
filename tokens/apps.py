"""Django's description of the app, and what it tells the apps below it."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """The bank."""

    name = "tokens"

    def ready(self) -> None:
        """Say what the documents of wallets and packages are, and that every account gets a wallet."""
        from identity.services.accounts import register_account_opener  # noqa: PLC0415 - models load first
        from mirror.services.projections import register  # noqa: PLC0415 - the apps load first
        from tokens.projections import package_chunk, wallet_chunk  # noqa: PLC0415 - the apps load first
        from tokens.services.wallets import open_wallet  # noqa: PLC0415 - the apps load first

        register("wallet", wallet_chunk)
        register("package", package_chunk)
        register_account_opener(open_wallet)
