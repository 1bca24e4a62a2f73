"""PostgreSQL as Django knows it, with a pool that gets over a restart of the server at once.

Settings name this package as ENGINE, and Django looks for `DatabaseWrapper` here:
https://docs.djangoproject.com/en/5.2/ref/databases/#subclassing-the-built-in-database-backends
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, which takes no dead connection from its pool, and looks through the pool when it finds one.

    Django's own check (CONN_HEALTH_CHECKS) discards one dead connection after another, and waits 0, 1, 2 ... seconds
    in between: a site with some idle connections served nobody for seconds after its database was back.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        """Give a connection that works; without a pool a new one is.

        :raises psycopg_pool.PoolTimeout: when none can be had in time
        """
        connection: psycopg.Connection = super().get_new_connection(conn_params)
        # Again and again: another thread may give back what died in its hands, and the pool hands that to us.
        while self.pool is not None and not _works(connection):
            self.pool.putconn(connection)  # which discards it
            self.pool.check()  # the others, too; new ones are made in the pool's own threads
            connection = super().get_new_connection(conn_params)
        return connection


def _works(connection: psycopg.Connection) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True
