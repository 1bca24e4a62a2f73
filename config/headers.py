"""What browsers are told they may do with our pages."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: []
    for name in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
}


def content_security_policy(*, form_targets: Iterable[str]) -> dict[str, Any]:
    """Allow what we serve ourselves and nothing else.

    :param form_targets: addresses whose sites a form of ours may lead to
    """
    origins = ["{0.scheme}://{0.netloc}".format(urlsplit(target)) for target in form_targets]
    return {
        "DIRECTIVES": {
            "default-src": ["'none'"],
            "script-src": ["'self'"],
            "style-src": ["'self'"],
            "img-src": ["'self'", "data:"],
            "font-src": ["'self'"],
            "connect-src": ["'self'"],
            "manifest-src": ["'self'"],
            "form-action": ["'self'", *origins],
            "frame-ancestors": ["'none'"],
            "base-uri": ["'none'"],
        },
    }
