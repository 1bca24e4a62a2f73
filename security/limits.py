"""The app's named bounds."""

DEDUP_KEY_LENGTH_MAX = 255
SUMMARY_LENGTH_MAX = 300
EVIDENCE_FACTS_MAX = 16
EVIDENCE_NAME_LENGTH_MAX = 64
EVIDENCE_VALUE_LENGTH_MAX = 255

# A wrong webhook secret shows as a handful of refusals for each purchase, an attack as thousands.
BAD_SIGNATURE_WINDOW_SECONDS = 300
BAD_SIGNATURE_BURST = 10

# What is credited shows within a second or two; an outage of Firestore, which parks nothing, shows here.
MIRROR_LAG_SECONDS_MAX = 120
