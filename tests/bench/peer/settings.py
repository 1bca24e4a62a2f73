"""The product's own settings, with dj-stripe's webhook view where the product's would be."""

from config.settings import *  # noqa: F403 - the same stack, setting by setting

ROOT_URLCONF = "tests.bench.peer.urls"
