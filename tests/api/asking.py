"""What services ask in the tests of their calls."""


def about(customer, amount=25, **more):
    return {"user": str(customer.id), "amount": amount, "reason": "Rendered 5 images", **more}
