"""How API callers prove who they are."""

from rest_framework import authentication


class SessionAuthentication(authentication.SessionAuthentication):
    """The site's session cookie, with CSRF protection."""


class FirebaseAuthentication(authentication.BaseAuthentication):
    """A Firebase ID token as a bearer token."""
