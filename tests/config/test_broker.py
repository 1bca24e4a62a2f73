"""The connection to the broker, as Celery's workers hold it."""

import contextlib
import logging
import os
import uuid

import pytest
from kombu import Connection, Consumer, Message, Queue
from kombu.common import ignore_errors
from kombu.pidbox import Mailbox

from config.celery import app
from tests.support.proxy import TcpProxy


@pytest.mark.parametrize("_number", range(5))  # in which order its channels learn of the loss is chance
def test_a_worker_leaves_a_lost_connection_with_a_message_in_hand(_number: int) -> None:
    """What Celery does when Redis is gone while a task runs. An error here would end the worker."""
    host, _, database = os.environ["REDIS_URL"].partition("//")[2].partition("/")
    queue = Queue(uuid.uuid4().hex, auto_delete=True)
    in_hand: list[Message] = []
    with TcpProxy(host) as proxy:
        connection: Connection = app.connection_for_read(url=f"redis://{proxy.address}/{database}")
        with connection.Producer() as producer:
            producer.publish({}, routing_key=queue.name, declare=[queue])
        channel = connection.default_channel
        Consumer(channel, queues=[queue], callbacks=[lambda _, message: in_hand.append(message)]).consume()
        # A worker hears commands, too.
        Mailbox("celery", type="fanout").Node(queue.name).listen(connection.channel())
        connection.drain_events(timeout=30)
        with contextlib.suppress(TimeoutError):
            connection.drain_events(timeout=0.1)  # more messages are waited for
        proxy.stop()

        with contextlib.suppress(Exception):
            connection.collect(socket_timeout=1)
        ignore_errors(connection, connection.close)

        (message,) = in_hand
        message.ack_log_error(logging.getLogger(__name__), connection.connection_errors)
        assert not message.acknowledged
