"""A stateful stand-in for Stripe, for the demo and the tests only: no money moves.

It speaks enough of Stripe's HTTP interface for the unmodified `stripe` library and dj-stripe, keeps its state
in one SQLite file, delivers signed webhooks, has a pay page for people, and lets tests steer it under
`/_sandbox/` (see `sandbox.stripe.client.SandboxControls`). Run it with `python -m sandbox.stripe --help`.
"""
