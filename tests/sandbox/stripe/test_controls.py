"""What a test may do behind the API's back."""

import json
import threading

import pytest
import stripe

from sandbox.stripe.client import SandboxRefused
from tests.sandbox.stripe.support import browse, open_session, stripe_client


def names(receiver) -> list[str]:
    return [received.event["data"]["object"]["name"] for received in receiver.received]


def make_customers(client: stripe.StripeClient, text: str) -> None:
    for name in text:
        client.v1.customers.create({"name": name})


@pytest.mark.parametrize(("order", "expected"), [("created", "abcd"), ("reversed", "dcba")])
def test_held_deliveries_are_released_in_the_order_asked_for(client, controls, receiver, order, expected):
    controls.hold()
    make_customers(client, "abcd")
    controls.wait_until_idle()
    assert receiver.received == []

    statuses = controls.release(order=order)

    assert statuses == [200] * 4
    assert names(receiver) == list(expected)


def test_a_shuffle_is_repeatable_by_its_seed(client, controls, receiver):
    orders = []
    for _ in range(2):
        receiver.clear()
        controls.hold()
        make_customers(client, "abcdefgh")
        controls.release(order="shuffled", seed=7)
        orders.append(names(receiver))

    assert orders[0] == orders[1] != list("abcdefgh")
    assert sorted(orders[0]) == list("abcdefgh")


def test_a_release_at_once_leaves_it_to_the_workers(client, controls, receiver):
    controls.hold()
    make_customers(client, "abcd")

    assert controls.release(order="concurrent") == []
    controls.wait_until_idle()

    assert sorted(names(receiver)) == list("abcd")


def test_a_hold_may_be_for_some_types_only(client, controls, receiver):
    controls.hold("checkout.*")
    controls.pay(open_session(client).id)
    controls.wait_until_idle()

    assert "payment_intent.succeeded" in receiver.types()
    assert "checkout.session.completed" not in receiver.types()
    controls.release("checkout.*")
    assert receiver.types()[-1] == "checkout.session.completed"


def test_what_fails_on_release_is_tried_again_later(client, controls, receiver):
    controls.hold()
    make_customers(client, "a")
    receiver.answers.append(500)

    assert controls.release() == [500]
    controls.wait_until_idle()

    assert len(receiver.received) == 2


def test_an_event_is_told_again_under_its_own_id_at_once(client, controls, receiver):
    make_customers(client, "a")
    controls.wait_until_idle()
    (event,) = controls.events()
    gate = threading.Barrier(5, timeout=30)
    receiver.on_receive = gate.wait  # passes only when five are there together

    assert controls.duplicate(event["id"], 5) == [200] * 5

    assert [received.event["id"] for received in receiver.received] == [event["id"]] * 6
    assert client.v1.events.retrieve(event["id"]).pending_webhooks == 0
    assert [delivery.cause for delivery in controls.deliveries()] == ["event"] + ["duplicate"] * 5


def test_an_event_is_told_again_one_after_the_other(client, controls, receiver):
    make_customers(client, "a")
    controls.wait_until_idle()
    receiver.answers.extend([200, 500, 200])

    assert controls.duplicate(controls.events()[0]["id"], 3, concurrently=False) == [200, 500, 200]


def test_every_event_can_be_told_more_than_once(client, controls, receiver):
    controls.deliver_each(3)
    make_customers(client, "ab")
    controls.wait_until_idle()

    assert sorted(names(receiver)) == list("aaabbb")
    assert len({received.event["id"] for received in receiver.received}) == 2


def test_the_same_object_is_told_in_another_event(client, controls, receiver):
    make_customers(client, "a")
    (event,) = controls.events()
    client.v1.customers.update(event["data"]["object"]["id"], {"name": "b"})

    again = controls.resend(event["id"])
    controls.wait_until_delivered(again["id"])

    assert again["id"] != event["id"]
    assert again["data"] == event["data"]
    assert again["id"] in {received.event["id"] for received in receiver.received}


def test_deliveries_can_be_lost(client, controls, receiver):
    controls.drop_next("customer.created", count=2)
    make_customers(client, "abc")
    controls.hold()
    make_customers(client, "d")
    lost = controls.drop_held()
    controls.release()
    controls.wait_until_idle()

    assert lost == 1
    assert names(receiver) == ["c"]
    assert len(client.v1.events.list({"delivery_success": False}).data) == 3


def test_an_object_can_be_bent_without_an_event(client, controls):
    session = open_session(client, metadata={"purchase_id": "p1"})
    controls.pay(session.id)
    told = len(controls.events())

    controls.edit(session.id, amount_total=1, currency="eur", metadata={"purchase_id": "p2"})
    shown = client.v1.checkout.sessions.retrieve(session.id)

    assert (shown.amount_total, shown.currency, shown.metadata["purchase_id"]) == (1, "eur", "p2")
    assert len(controls.events()) == told


def test_an_event_can_be_bent_before_it_is_delivered(client, controls, receiver):
    controls.hold()
    make_customers(client, "a")
    controls.edit(controls.events()[0]["id"], livemode=True)
    controls.release()

    assert receiver.received[0].event["livemode"] is True


def test_any_event_can_be_told_about_any_object(client, controls, receiver):
    session = open_session(client)
    controls.edit(session.id, payment_status="unpaid", status="complete")

    about_it = controls.emit("checkout.session.completed", session.id, livemode=True)
    about_nothing = controls.emit(
        "refund.created", {"id": "re_1", "object": "refund"}, previous_attributes={"a": 1}
    )
    controls.wait_until_idle()

    told = {received.event["id"]: received.event for received in receiver.received}
    assert told[about_it["id"]]["data"]["object"]["status"] == "complete"
    assert told[about_it["id"]]["livemode"] is True
    assert told[about_nothing["id"]]["data"] == {
        "object": {"id": "re_1", "object": "refund"},
        "previous_attributes": {"a": 1},
    }


def test_a_reset_forgets_everything_but_may_keep_the_endpoints(client, controls, receiver):
    controls.hold()
    controls.deliver_each(5)
    controls.fail_next(5)
    controls.advance_clock(1_000_000)
    before = controls.advance_clock(0)
    controls.stop_failing()
    make_customers(client, "a")

    controls.reset(keep_endpoints=True)

    assert controls.advance_clock(0) < before - 900_000
    assert controls.events() == []
    assert client.v1.customers.list().data == []
    make_customers(client, "b")
    controls.wait_until_idle()
    assert names(receiver) == ["b"]
    controls.reset()
    assert client.v1.webhook_endpoints.list().data == []


def test_registering_an_endpoint_again_replaces_it(client, controls):
    controls.register_endpoint("http://shop.test/hook", secret="whsec_a")
    again = controls.register_endpoint(
        "http://shop.test/hook", secret="whsec_b", enabled_events=["charge.succeeded"]
    )

    assert [endpoint.id for endpoint in client.v1.webhook_endpoints.list().data] == [again["id"]]
    assert again["secret"] == "whsec_b"


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/release", {"order": "sideways"}),
        ("/failures", {"kind": "tea"}),
        ("/failures", {"kind": "delay", "seconds": "long"}),
        ("/emit", {"type": "charge.succeeded"}),
        ("/emit", {"type": "charge.succeeded", "object": "ch_nothing"}),
        ("/endpoint", {"url": "http://shop.test", "enabled_events": ["nothing.such"]}),
        ("/endpoint", {}),
        ("/events/evt_nothing/resend", {}),
        ("/events/evt_nothing/duplicate", {}),
        ("/objects/cs_nothing", {"status": "complete"}),
        ("/hold", {"types": "all"}),
        ("/copies", {"count": 0}),
        ("/nothing", {}),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused(controls, path, order):
    with pytest.raises(SandboxRefused):
        controls._call("POST", path, order)


def test_controls_are_closed_to_other_sites(controls):
    answer = browse(f"{controls.base_url}/_sandbox/reset", {}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status == 403
    assert json.loads(answer.text)["error"]


def test_many_threads_at_once_lose_nothing(controls, receiver):
    def work() -> None:
        make_customers(stripe_client(controls.base_url), "abcdefghij")

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    controls.wait_until_idle(30)

    assert len(controls.events()) == 160
    assert len({received.event["id"] for received in receiver.received}) == 160
