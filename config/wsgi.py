"""What gunicorn serves."""

import os

from config import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
env.declare(env.Process.WEB)

from django.core.wsgi import get_wsgi_application  # noqa: E402 - the settings depend on what was declared

from config.checks import refuse_unsafe_start  # noqa: E402 - likewise

application = get_wsgi_application()
refuse_unsafe_start(web=True)
