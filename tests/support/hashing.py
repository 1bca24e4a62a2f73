"""How tests hash passwords: quickly, since nobody steals theirs."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """Django's own hasher, which is slow on purpose, without that."""

    iterations = 1
