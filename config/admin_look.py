"""How the admin looks: django-unfold's settings. The colours are the shop's (static/site/theme.css)."""

from typing import Any, Final

from django.templatetags.static import static

# Teal, from light to dark; a step darker than usual from 500 on, so that white text on it can be read.
_TEAL: Final = {
    "50": "oklch(98.4% .014 180.72)",
    "100": "oklch(95.3% .051 180.80)",
    "200": "oklch(91% .096 180.43)",
    "300": "oklch(85.5% .138 181.07)",
    "400": "oklch(77.7% .152 181.91)",
    "500": "oklch(60% .118 184.70)",
    "600": "oklch(51.1% .096 186.39)",
    "700": "oklch(43.7% .078 188.22)",
    "800": "oklch(38.6% .063 188.42)",
    "900": "oklch(33% .055 190)",
    "950": "oklch(27.7% .046 192.52)",
}

UNFOLD: Final[dict[str, Any]] = {
    "SITE_TITLE": "Token economy",
    "SITE_HEADER": "Token economy",
    "SITE_SYMBOL": "token",
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "backoffice.admin.navigation.environment",
    "COLORS": {"primary": _TEAL},
    "STYLES": [lambda _: static("backoffice/pages.css")],
    "SCRIPTS": [lambda _: static("backoffice/names.js")],
    # The side bar's form goes to the row that is sought; Ctrl+K lists what there is as somebody types.
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "backoffice.admin.navigation.navigation",
    },
}
