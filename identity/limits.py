"""Identity's bounds."""

import re
from datetime import timedelta

ID_TOKEN_LENGTH_MAX = 8192  # characters; Google's own are about 1,000, and custom claims add at most 1,000
ID_TOKEN_CLOCK_SKEW_SECONDS = 10
FIREBASE_TIMEOUT_SECONDS = 5
FIREBASE_UID_LENGTH_MAX = 128  # Firebase's own limit
DISPLAY_NAME_LENGTH_MAX = 150
EMAIL_LENGTH_MAX = 254

OPEN_ACCOUNT_TRIES_MAX = 3  # a first sighting that lost a race finds the winner's account at its second try

# Guesses at one account's password from one address, until that address waits for that account.
SIGN_IN_FAILURES_MAX = 5
SIGN_IN_REST = timedelta(minutes=15)

CLAIMS_BATCH_MAX = 50
CLAIMS_RETRY = timedelta(minutes=1)  # doubled at each failure, up to:
CLAIMS_RETRY_MAX = timedelta(hours=6)

SERVICE_NAME_LENGTH_MAX = 64
SERVICE_NAME_PATTERN = r"^[a-z0-9][a-z0-9_.-]*$"
SERVICE_NAME_REGEX = re.compile(rf"(?=.{{1,{SERVICE_NAME_LENGTH_MAX}}}$){SERVICE_NAME_PATTERN[1:-1]}")
API_KEY_SECRET_BYTES = 32
API_KEY_PREFIX_LENGTH = 12
API_KEY_LENGTH_MAX = 100  # ours have 47 characters
API_KEY_USE_NOTED_EVERY = timedelta(minutes=1)

DEVICE_SEEN_NOTED_EVERY = timedelta(minutes=5)
DEVICE_WORDS_LENGTH_MAX = 200  # of what a browser says that it is; allauth's column
DEVICES_SHOWN = 10
DEVICES_AT_ONCE_MAX = 20  # each sign-in, and the list of them, looks at every one
SIGN_INS_KEPT = timedelta(days=30)  # of who guessed passwords, and from where
AUDIT_CODE_LENGTH_MAX = 64
AUDIT_ID_LENGTH_MAX = 255
AUDIT_ADDRESS_LENGTH_MAX = 64  # an IPv6 address has at most 45
SEED_BATCH = 1_000  # rows of one statement when people are made to be counted
