"""Keeps the stand-in's documents in a file, so that the demo finds them again after a restart.

The file is a list of commits: length, checksum, and the documents as a CommitRequest. A commit that
was cut off by a kill fails its checksum and is dropped with what follows, so commits stay atomic.
"""

import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from sandbox.firestore.messages import CommitRequest, Write

HEADER = struct.Struct(">II")
COMPACTED_WRITES_MAX = 200


class Journal:
    """An append-only file of commits, rewritten as one state at each start."""

    def __init__(self, path: Path) -> None:
        """Take the file's path; its directory is made."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file: BinaryIO | None = None

    def load(self) -> dict[str, Any | None]:
        """Read all documents, compact the file, and open it for appending."""
        documents: dict[str, Any | None] = {}
        for commit in _commits_in(self._path.read_bytes() if self._path.exists() else b""):
            for write in commit.writes:
                if write.WhichOneof("operation") == "delete":
                    documents.pop(write.delete, None)
                else:
                    documents[write.update.name] = write.update
        unfinished = self._path.with_suffix(".unfinished")
        with unfinished.open("wb") as file:
            names = list(documents)
            for start in range(0, len(names), COMPACTED_WRITES_MAX):
                part = {name: documents[name] for name in names[start : start + COMPACTED_WRITES_MAX]}
                file.write(_record(part))
        unfinished.replace(self._path)
        self._file = self._path.open("ab")
        return documents

    def append(self, staged: dict[str, Any | None]) -> None:
        """Write one commit; it survives the death of this process."""
        assert self._file is not None, "load() comes first"
        self._file.write(_record(staged))
        self._file.flush()


def _record(staged: dict[str, Any | None]) -> bytes:
    writes = [
        Write(delete=name) if document is None else Write(update=document)
        for name, document in staged.items()
    ]
    payload: bytes = CommitRequest(writes=writes).SerializeToString()
    return HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def _commits_in(content: bytes) -> list[Any]:
    commits = []
    position = 0
    while position + HEADER.size <= len(content):
        length, checksum = HEADER.unpack_from(content, position)
        payload = content[position + HEADER.size : position + HEADER.size + length]
        if len(payload) < length or zlib.crc32(payload) != checksum:
            break
        commits.append(CommitRequest.FromString(payload))
        position += HEADER.size + length
    return commits
