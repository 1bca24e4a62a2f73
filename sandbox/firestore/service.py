"""The calls of google.firestore.v1.Firestore, but for Listen, on top of the store."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.empty_pb2 import Empty

from sandbox.firestore import errors, messages
from sandbox.firestore.aggregation import aggregate
from sandbox.firestore.messages import timestamp
from sandbox.firestore.query import projected
from sandbox.firestore.store import Store, version_of

PAGE_SIZE_MAX = 300


class Service:
    """One method per call, named as in the protocol; each takes the request, gives the answer."""

    def __init__(self, store: Store) -> None:
        """Serve this store."""
        self._store = store

    # Transactions and writes

    def BeginTransaction(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Open a transaction."""
        return messages.BeginTransactionResponse(transaction=self._store.begin(request.options))

    def Rollback(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Give a transaction up."""
        self._store.rollback(request.transaction)
        return Empty()

    def Commit(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Apply all writes or none."""
        results, now = self._store.commit(request.writes, request.transaction)
        return messages.CommitResponse(write_results=results, commit_time=timestamp(now))

    def BatchWrite(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Apply each write by itself, in order."""
        answer = messages.BatchWriteResponse()
        for write in request.writes:
            try:
                results, _ = self._store.commit([write])
            except errors.Refused as refused:
                answer.write_results.add()
                answer.status.add(code=refused.code.value[0], message=refused.detail)
            else:
                answer.write_results.append(results[0])
                answer.status.add()
        return answer

    # Reads

    def GetDocument(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Give one document."""
        document = self._store.get(request.name)
        if document is None:
            raise errors.not_found(f'Document "{request.name}" not found.')
        return _masked(document, request)

    def BatchGetDocuments(self, request: Any) -> Iterator[Any]:  # noqa: N802 - the protocol's name
        """Give several documents as they are at one moment."""
        answers = []
        with self._store.lock:
            key, began = self._transaction_of(request)
            if began:
                answers.append(messages.BatchGetDocumentsResponse(transaction=key))
            read_time = timestamp(self._store.now())
            for name in dict.fromkeys(request.documents):
                document = self._store.get(name)
                if key:
                    self._store.transaction(key).reads.setdefault(name, version_of(document))
                found = {"missing": name} if document is None else {"found": _masked(document, request)}
                answers.append(messages.BatchGetDocumentsResponse(read_time=read_time, **found))
        yield from answers

    def RunQuery(self, request: Any) -> Iterator[Any]:  # noqa: N802 - the protocol's name
        """Give the documents that a query selects."""
        query = request.structured_query
        with self._store.lock:
            key, began = self._transaction_of(request)
            read_time = timestamp(self._store.now())
            found = self._store.query(request.parent, query)
            if key:
                versions = [(document.name, version_of(document)) for document in found]
                self._store.transaction(key).queries.append((request.parent, query, versions))
        if began:
            yield messages.RunQueryResponse(transaction=key)
        for document in found:
            view = document
            if query.HasField("select"):
                view = projected(document, [field.field_path for field in query.select.fields])
            yield messages.RunQueryResponse(document=view, read_time=read_time)
        if not found:
            yield messages.RunQueryResponse(read_time=read_time)

    def RunAggregationQuery(self, request: Any) -> Iterator[Any]:  # noqa: N802 - the protocol's name
        """Count, add up or average over the documents that a query selects."""
        query = request.structured_aggregation_query
        with self._store.lock:
            found = self._store.query(request.parent, query.structured_query)
            read_time = timestamp(self._store.now())
        yield aggregate(found, query.aggregations, read_time)

    # Lists

    def ListCollectionIds(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Give the ids of the collections directly below a document or the root."""
        start = len(request.parent) + 1
        names = self._store.collection_names_below(request.parent)
        ids = sorted({name[start:].split("/")[0] for name in names})
        return messages.ListCollectionIdsResponse(collection_ids=ids)

    def ListDocuments(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Give a collection's documents by name, missing ones that have children too if asked."""
        collection = f"{request.parent}/{request.collection_id}"
        documents = self._store.collection(collection)
        if request.show_missing:
            for below in self._store.collection_names_below(collection):
                name = "/".join([collection, below.removeprefix(collection + "/").split("/")[0]])
                documents.setdefault(name, messages.Document(name=name))
        names = sorted(name for name in documents if name > request.page_token)
        size = min(request.page_size or PAGE_SIZE_MAX, PAGE_SIZE_MAX)
        page = names[:size]
        return messages.ListDocumentsResponse(
            documents=[_masked(documents[name], request) for name in page],
            next_page_token=page[-1] if len(names) > size else "",
        )

    def _transaction_of(self, request: Any) -> tuple[bytes, bool]:
        """Give the key of the request's transaction, if any, and whether it begins here."""
        match request.WhichOneof("consistency_selector"):
            case None:
                return b"", False
            case "transaction":
                self._store.transaction(request.transaction)
                return request.transaction, False
            case "new_transaction":
                return self._store.begin(request.new_transaction), True
            case _:
                raise errors.unimplemented("reads in the past")


def _masked(document: Any, request: Any) -> Any:
    return projected(document, request.mask.field_paths) if request.HasField("mask") else document
