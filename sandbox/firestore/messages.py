"""The protobuf messages of google.firestore.v1, without the wrappers of the client library."""

from typing import Any

from google.cloud.firestore_v1 import types
from google.protobuf.timestamp_pb2 import Timestamp

NANOS = 10**9


def _message(wrapper: Any) -> Any:
    """Give the plain protobuf class beneath one of the client library's wrappers."""
    return wrapper.pb(wrapper()).__class__


Document = _message(types.Document)
Value = _message(types.Value)
ArrayValue = _message(types.ArrayValue)
MapValue = _message(types.MapValue)
Write = _message(types.Write)
WriteResult = _message(types.WriteResult)
StructuredQuery = _message(types.StructuredQuery)
Cursor = _message(types.Cursor)

BatchGetDocumentsRequest = _message(types.BatchGetDocumentsRequest)
BatchGetDocumentsResponse = _message(types.BatchGetDocumentsResponse)
BatchWriteRequest = _message(types.BatchWriteRequest)
BatchWriteResponse = _message(types.BatchWriteResponse)
BeginTransactionRequest = _message(types.BeginTransactionRequest)
BeginTransactionResponse = _message(types.BeginTransactionResponse)
CommitRequest = _message(types.CommitRequest)
CommitResponse = _message(types.CommitResponse)
GetDocumentRequest = _message(types.GetDocumentRequest)
ListCollectionIdsRequest = _message(types.ListCollectionIdsRequest)
ListCollectionIdsResponse = _message(types.ListCollectionIdsResponse)
ListDocumentsRequest = _message(types.ListDocumentsRequest)
ListDocumentsResponse = _message(types.ListDocumentsResponse)
ListenRequest = _message(types.ListenRequest)
ListenResponse = _message(types.ListenResponse)
RollbackRequest = _message(types.RollbackRequest)
RunAggregationQueryRequest = _message(types.RunAggregationQueryRequest)
RunAggregationQueryResponse = _message(types.RunAggregationQueryResponse)
RunQueryRequest = _message(types.RunQueryRequest)
RunQueryResponse = _message(types.RunQueryResponse)


def timestamp(nanoseconds: int) -> Timestamp:
    """Give a protobuf timestamp for nanoseconds since 1970."""
    return Timestamp(seconds=nanoseconds // NANOS, nanos=nanoseconds % NANOS)
