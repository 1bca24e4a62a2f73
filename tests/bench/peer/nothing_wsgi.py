"""What gunicorn serves beside the API: `config.wsgi` with the peer's urls, of which one does nothing."""

import os

from config import env

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.peer.settings"
env.declare(env.Process.WEB)

from django.core.wsgi import get_wsgi_application  # noqa: E402 - the settings depend on what was declared

application = get_wsgi_application()
