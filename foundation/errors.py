"""The base of every way the product says no."""

from typing import ClassVar


class Refusal(Exception):
    """An anticipated no, with a stable code, an HTTP status and words for people.

    A refusal is an answer, not an incident: edges turn it into problem+json or a page, and nothing was changed.
    `members` are further members of the problem document (RFC 9457, section 3.2), such as `available`.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request was refused."

    def __init__(
        self, detail: str = "", *, retry_after_seconds: int | None = None, **members: object
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.retry_after_seconds = retry_after_seconds
        self.members = members
