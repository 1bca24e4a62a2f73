"""What each object looks like: pure functions from facts to Stripe's JSON, unexpanded."""
