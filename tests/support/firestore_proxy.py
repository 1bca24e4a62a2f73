"""A gRPC proxy before Firestore, below the SDK: loses answers, refuses calls, lets others act first."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.cloud.firestore_v1 import types

CALL_SECONDS_MAX = 20.0
STREAMING = {"BatchGetDocuments", "RunQuery"}
PASSED_ON = {"authorization", "google-cloud-resource-prefix"}


@dataclass(frozen=True)
class Fault:
    """What happens to one call: `before` runs first; `refuse` answers instead; `lose` answers afterwards."""

    before: Callable[[], object] | None = None
    refuse: grpc.StatusCode | None = None
    lose: grpc.StatusCode | None = None
    mute: bool = False


@dataclass(frozen=True)
class Commit:
    """A commit that Firestore has taken: its writes, in order, and when it took effect."""

    writes: list[Any]
    nanos: int


class FirestoreProxy:
    """Passes calls on to `upstream`, but for the faults planned for the next calls of a method."""

    def __init__(self, upstream: str) -> None:
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()
        self.calls: list[str] = []
        self.commits: list[Commit] = []
        self._under_way = 0
        self._upstream = grpc.insecure_channel(upstream, options=[("grpc.use_local_subchannel_pool", 1)])
        self._server = grpc.server(futures.ThreadPoolExecutor(32), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((_Handlers(self),))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def plan(self, method: str, *faults: Fault) -> None:
        """Plan what happens to the next calls of a method, one fault a call."""
        with self._lock:
            self._faults[method].extend(faults)

    @property
    def planned(self) -> int:
        """How many faults are still to happen."""
        with self._lock:
            return sum(map(len, self._faults.values()))

    @property
    def is_quiet(self) -> bool:
        """Whether no call is under way, not even one that whoever made it has given up."""
        with self._lock:
            return not self._under_way

    @contextmanager
    def counted(self) -> Generator[None]:
        """Count a call as under way."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def forget_plans(self) -> None:
        """Let every call pass again."""
        with self._lock:
            self._faults.clear()

    def stop(self) -> None:
        """Stop, cutting what runs."""
        self._server.stop(grace=None).wait()
        self._upstream.close()

    def take(self, method: str) -> Fault:
        """Give what happens to this call."""
        with self._lock:
            self.calls.append(method)
            planned = self._faults[method]
            return planned.popleft() if planned else Fault()

    def call_upstream(self, path: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        """Pass a unary call on."""
        call = self._upstream.unary_unary(path)
        answer: bytes = call(request, metadata=_passed_on(context), timeout=CALL_SECONDS_MAX)
        if path.endswith("/Commit"):
            self._record(request, answer)
        return answer

    def stream_upstream(self, path: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Pass a call on whose answer is a stream."""
        call = self._upstream.unary_stream(path)
        yield from call(request, metadata=_passed_on(context), timeout=CALL_SECONDS_MAX)

    def _record(self, request: bytes, answer: bytes) -> None:
        asked = types.CommitRequest.deserialize(request)
        told = types.CommitResponse.pb(types.CommitResponse.deserialize(answer))
        with self._lock:
            self.commits.append(Commit(list(asked.writes), told.commit_time.ToNanoseconds()))


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[misc] # grpc has no types
    def __init__(self, proxy: FirestoreProxy) -> None:
        self._proxy = proxy

    def service(self, handler_call_details: Any) -> grpc.RpcMethodHandler:
        path = handler_call_details.method
        method = path.rpartition("/")[2]

        def unary(request: bytes, context: grpc.ServicerContext) -> bytes:
            with self._proxy.counted():
                fault = self._begin(method, context)
                try:
                    answer = self._proxy.call_upstream(path, request, context)
                except grpc.RpcError as error:
                    context.abort(error.code(), error.details())
                    raise
                _end(fault, context)
                return answer

        def stream(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            fault = self._begin(method, context)
            try:
                answers = list(self._proxy.stream_upstream(path, request, context))
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
                raise
            _end(fault, context)
            yield from answers

        if method in STREAMING:
            return grpc.unary_stream_rpc_method_handler(stream)
        return grpc.unary_unary_rpc_method_handler(unary)

    def _begin(self, method: str, context: grpc.ServicerContext) -> Fault:
        fault = self._proxy.take(method)
        if fault.before:
            fault.before()
        if fault.refuse:
            context.abort(fault.refuse, "refused by the proxy")
        return fault


def _end(fault: Fault, context: grpc.ServicerContext) -> None:
    if fault.mute:
        has_left = threading.Event()
        if context.add_callback(has_left.set):
            has_left.wait(CALL_SECONDS_MAX)
    if fault.lose:
        context.abort(fault.lose, "the answer was lost by the proxy")


def _passed_on(context: grpc.ServicerContext) -> list[tuple[str, str]]:
    return [(name, value) for name, value in context.invocation_metadata() if name in PASSED_ON]
