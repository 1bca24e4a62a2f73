"""People note each answer: what nobody may be told is noted at once, even while an earlier try may be on its way."""

from collections.abc import Callable, Iterable, Iterator

import pytest

from sandbox.stripe.client import SandboxControls
from tests.chaos.calls import NO_ANSWER, Answer, Calls
from tests.chaos.people import People
from tests.chaos.told import Kind, Operation, Outcome, Told

NOBODY = "127.0.0.1:9"
LOST = Answer(NO_ANSWER, None)
EXPIRED = Answer(409, {"code": "hold_expired"})
NONSENSE = Answer(400, {"code": "invalid_request"})
DONE = Answer(200, {"id": "h1"})


class Scripted(Calls):
    """Calls that are answered as was written down beforehand."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        super().__init__(f"http://{NOBODY}", api_key="none", project="demo-nobody")
        self._answers: Iterator[Answer] = iter(answers)

    def as_service(self, method: str, path: str, body: object = None, *, key: str = "") -> Answer:
        return next(self._answers)


Asked = Callable[..., tuple[Operation, list[str]]]


@pytest.fixture
def asked() -> Asked:
    """Asks for a release as often as there are answers; gives it, and what was found wrong on its face."""

    def ask(*answers: Answer) -> tuple[Operation, list[str]]:
        told = Told()
        people = People(Scripted(answers), SandboxControls(f"http://{NOBODY}"), told, rate=1.0, seed=1)
        operation = told.add(Operation("key", Kind.RELEASE, "alice", subject="h1"))
        for _ in answers:
            people.ask(operation)
        return operation, told.wrong

    return ask


def test_a_no_is_final_where_no_try_of_before_is_on_its_way(asked: Asked):
    operation, wrong = asked(EXPIRED)
    assert (operation.outcome, wrong) == (Outcome.REFUSED, [])


def test_a_no_after_a_try_that_nobody_answered_leaves_it_in_doubt_and_a_yes_may_follow(asked: Asked):
    operation, wrong = asked(LOST, EXPIRED)
    assert (operation.outcome, wrong) == (Outcome.DOUBTFUL, [])
    operation, wrong = asked(LOST, EXPIRED, DONE)
    assert (operation.outcome, wrong) == (Outcome.ACKNOWLEDGED, [])


@pytest.mark.parametrize(
    "answers", [(NONSENSE,), (LOST, NONSENSE), (DONE, EXPIRED), (DONE, LOST, EXPIRED, DONE)]
)
def test_a_no_that_nobody_may_be_told_is_wrong_at_once_whatever_follows(
    asked: Asked, answers: tuple[Answer, ...]
):
    _, wrong = asked(*answers)
    assert len(wrong) == 1
