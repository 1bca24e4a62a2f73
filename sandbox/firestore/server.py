"""Serves the stand-in over gRPC, so that Google's unmodified client talks to it."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from sandbox.firestore import messages
from sandbox.firestore.errors import Refused
from sandbox.firestore.journal import Journal
from sandbox.firestore.listen import Listener
from sandbox.firestore.service import Service
from sandbox.firestore.store import Store

THREADS = 64  # each listening client holds one
MESSAGE_BYTES_MAX = 12 * 1024 * 1024
STOP_SECONDS = 0.5
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
SERVICE_NAME = "google.firestore.v1.Firestore"
UNARY = (
    "BeginTransaction",
    "Rollback",
    "Commit",
    "BatchWrite",
    "GetDocument",
    "ListCollectionIds",
    "ListDocuments",
)
STREAMED = ("BatchGetDocuments", "RunQuery", "RunAggregationQuery")


def serve(port: int, data: Path | None) -> None:
    """Serve on the loopback address until SIGTERM or SIGINT; print the address first.

    :param port: 0 takes a free one
    :param data: a file that keeps the documents, or None
    """
    # Blocked here, before any thread starts, so that all threads leave them to the sigwait below.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    store = Store(Journal(data) if data else None)
    options = [("grpc.max_receive_message_length", MESSAGE_BYTES_MAX), ("grpc.so_reuseport", 0)]
    server = grpc.server(ThreadPoolExecutor(THREADS), options=options)
    handlers = grpc.method_handlers_generic_handler(SERVICE_NAME, _handlers(store))
    server.add_generic_rpc_handlers((handlers,))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    print(f"FIRESTORE_EMULATOR_HOST=127.0.0.1:{bound}", flush=True)
    signal.sigwait(STOP_SIGNALS)
    server.stop(STOP_SECONDS).wait()


def _handlers(store: Store) -> dict[str, Any]:
    service = Service(store)
    handlers = {name: _handler(name, getattr(service, name), is_stream=False) for name in UNARY}
    handlers |= {name: _handler(name, getattr(service, name), is_stream=True) for name in STREAMED}
    handlers["Listen"] = grpc.stream_stream_rpc_method_handler(
        lambda requests, _context: Listener(store, requests).answers(),
        messages.ListenRequest.FromString,
        _serialised,
    )
    return handlers


def _handler(name: str, call: Callable[[Any], Any], *, is_stream: bool) -> Any:
    def answer(request: Any, context: Any) -> Any:
        try:
            return call(request)
        except Refused as refused:
            context.abort(refused.code, refused.detail)

    def stream(request: Any, context: Any) -> Iterator[Any]:
        try:
            yield from call(request)
        except Refused as refused:
            context.abort(refused.code, refused.detail)

    read = getattr(messages, f"{name}Request").FromString
    if is_stream:
        return grpc.unary_stream_rpc_method_handler(stream, read, _serialised)
    return grpc.unary_unary_rpc_method_handler(answer, read, _serialised)


def _serialised(message: Any) -> bytes:
    content: bytes = message.SerializeToString()
    return content
