"""How the API is served and described, in the words of DRF and drf-spectacular."""

REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "foundation.problems.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["foundation.parsers.BoundedJSONParser"],
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS would describe the API a second time, and differently
    "DEFAULT_PAGINATION_CLASS": "foundation.pagination.CursorPagination",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "identity.api.authentication.FirebaseAuthentication",
        "identity.api.authentication.ApiKeyAuthentication",
        "identity.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["security.api.throttles.CallerThrottle"],
    "DEFAULT_PERMISSION_CLASSES": ["identity.api.permissions.IsCustomer"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Token economy",
    "DESCRIPTION": "Buy tokens, and see what you have. Errors are problem documents (RFC 9457) with a code.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "ENUM_NAME_OVERRIDES": {
        "PurchaseStatus": "payments.kinds.PurchaseStatus",
        "TransactionType": "tokens.kinds.EntryType",
    },
}
