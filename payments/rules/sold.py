"""Whether what Stripe says it sold, and sells, is what we have sold and sell."""

from payments.kinds import PackageEdit, PriceFacts, SaleDefect, SoldSession

_PAID = "paid"


def find_defect(*, stripe_price_id: str, sold: SoldSession) -> SaleDefect | None:
    """What is wrong with a purchase that was credited, by the session as Stripe has it now; None for nothing."""
    if sold.session.payment_status != _PAID:
        return SaleDefect.NOT_PAID
    if [item.price_id for item in sold.items] != [stripe_price_id]:
        return SaleDefect.PRICE
    if sold.items[0].quantity != 1:
        return SaleDefect.QUANTITY
    return None


def find_edit(*, price_cents: int, currency: str, name: str, found: PriceFacts | None) -> PackageEdit | None:
    """In what a package on sale differs from its price at Stripe, which only we should change; None for nothing."""
    if found is None:
        return PackageEdit.GONE
    checks = [
        (PackageEdit.INACTIVE, not found.is_active),
        (PackageEdit.CURRENCY, found.currency != currency),
        (PackageEdit.AMOUNT, found.price_cents != price_cents),
        (PackageEdit.NAME, found.product_name != name),
    ]
    return next((edit for edit, differs in checks if differs), None)
