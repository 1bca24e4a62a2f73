"""Identity's bounds."""

from datetime import timedelta

ID_TOKEN_LENGTH_MAX = 8192  # characters; Google's own are about 1,000, and custom claims add at most 1,000
ID_TOKEN_CLOCK_SKEW_SECONDS = 10
FIREBASE_TIMEOUT_SECONDS = 5
FIREBASE_UID_LENGTH_MAX = 128  # Firebase's own limit
DISPLAY_NAME_LENGTH_MAX = 150
EMAIL_LENGTH_MAX = 254

OPEN_ACCOUNT_TRIES_MAX = 3  # a first sighting that lost a race finds the winner's account at its second try

WALLET_CLAIM_BATCH_MAX = 50
WALLET_CLAIM_RETRY = timedelta(minutes=1)  # doubled at each failure, up to:
WALLET_CLAIM_RETRY_MAX = timedelta(hours=6)
