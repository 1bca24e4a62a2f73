"""How the API's description names the ways of signing in."""

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class FirebaseScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers the subclass
    """`Authorization: Bearer <Firebase ID token>`."""

    target_class = "identity.api.authentication.FirebaseAuthentication"
    name = "firebase"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:  # noqa: ARG002 - spectacular's
        """OpenAPI's words for it."""
        description = "A Firebase ID token. The first sight of a uid opens an account and a wallet."
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers the subclass
    """The site's session cookie."""

    target_class = "identity.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:  # noqa: ARG002 - spectacular's
        """OpenAPI's words for it."""
        description = (
            "The site's session cookie; anything but GET also needs the CSRF token in `X-CSRFToken`."
        )
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": description,
        }


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers the subclass
    """`Authorization: Api-Key <key>`."""

    target_class = "identity.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:  # noqa: ARG002 - spectacular's
        """OpenAPI's words for it."""
        description = "`Api-Key <key>`, a service's key with the scopes that the call names."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": description}
