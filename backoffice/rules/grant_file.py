"""Reads a file of grants: a header `user,tokens`, then a customer and a number of tokens in each row."""

import csv
import io
import re
from typing import Final

from backoffice.errors import GrantFileMalformed
from backoffice.kinds import GrantLine
from backoffice.limits import GRANT_FILE_BYTES_MAX, GRANT_ROWS_MAX, GRANT_TOKENS_MAX

COLUMNS: Final = ("user", "tokens")
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_USER_LENGTH_MAX = 254  # an e-mail address has no more


def decode(content: bytes) -> str:
    """The file's text.

    :raises GrantFileMalformed: `grant_file_malformed`: too large, or not UTF-8.
    """
    if len(content) > GRANT_FILE_BYTES_MAX:
        raise GrantFileMalformed(f"The file is larger than {GRANT_FILE_BYTES_MAX // 1024} KiB: split it.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GrantFileMalformed(
            f"The file is not UTF-8 (its byte {error.start + 1} is not): save it as CSV UTF-8."
        ) from error


def read(text: str) -> list[GrantLine]:
    """The file's rows, each with what is wrong with it by itself. Blank rows are left out.

    :raises GrantFileMalformed: `grant_file_malformed`: another header, no rows, too many, or not CSV at all.
    """
    try:
        rows = list(enumerate(csv.reader(io.StringIO(text), strict=True), start=1))
    except csv.Error as error:
        raise GrantFileMalformed(f"The file is not CSV: {error}.") from error
    filled = [(number, [cell.strip() for cell in row]) for number, row in rows if any(map(str.strip, row))]
    header = filled[0][1] if filled else []
    if tuple(name.lower() for name in header) != COLUMNS:
        found = ", ".join(header)[:_USER_LENGTH_MAX] or "nothing"
        raise GrantFileMalformed(f"The first row has to be: {', '.join(COLUMNS)}. It is: {found}.")
    lines = filled[1:]
    if not lines:
        raise GrantFileMalformed("The file has no row below its header.")
    if len(lines) > GRANT_ROWS_MAX:
        raise GrantFileMalformed(f"The file has {len(lines):,} rows, and {GRANT_ROWS_MAX:,} is the most.")
    return [_line(number, cells) for number, cells in lines]


def _line(number: int, cells: list[str]) -> GrantLine:
    user = cells[0][:_USER_LENGTH_MAX]
    if len(cells) != len(COLUMNS):
        return GrantLine(number, user, None, f"It has {len(cells)} columns, and not {len(COLUMNS)}")
    if not user:
        return GrantLine(number, user, None, "It names no customer")
    if not _WHOLE.fullmatch(cells[1]):
        return GrantLine(number, user, None, "The tokens are no whole number")
    tokens = int(cells[1])
    if tokens <= 0:
        return GrantLine(number, user, tokens, "A grant gives at least one token")
    if tokens > GRANT_TOKENS_MAX:
        return GrantLine(number, user, tokens, f"A grant gives at most {GRANT_TOKENS_MAX:,} tokens")
    return GrantLine(number, user, tokens)
