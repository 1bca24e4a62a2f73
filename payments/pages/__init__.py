"""The pages where money and tokens meet: buying, coming back from paying, the wallet, receipts."""
