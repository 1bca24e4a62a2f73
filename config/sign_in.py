"""How people sign in and up, in the words of allauth and of axes."""

from identity.limits import SIGN_IN_FAILURES_MAX, SIGN_IN_REST

SIGN_IN = {
    "ACCOUNT_ADAPTER": "identity.pages.adapters.AccountAdapter",
    "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
    "ACCOUNT_LOGIN_METHODS": {"email"},
    "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*", "password2*"],
    # A buyer need not wait for an e-mail; but only a verified address ever joins a Firebase sign-in.
    "ACCOUNT_EMAIL_VERIFICATION": "optional",
    "ACCOUNT_PREVENT_ENUMERATION": True,
    "ACCOUNT_EMAIL_NOTIFICATIONS": True,
    "ACCOUNT_MAX_EMAIL_ADDRESSES": 3,
    "ACCOUNT_SESSION_REMEMBER": True,
    "ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE": True,
    "ACCOUNT_EMAIL_SUBJECT_PREFIX": "",
    # allauth's own limits stand; these are tighter, because each of them sends an e-mail or makes an account.
    "ACCOUNT_RATE_LIMITS": {
        "signup": "10/m/ip",
        # Without allauth's part per account, by which a stranger could lock somebody out of their own; axes
        # counts by account and address together (ADR 17).
        "login_failed": "10/m/ip",
        "reset_password": "10/m/ip,3/m/key",
        "manage_email": "5/m/user",
        # Codes of a second factor, per account: whoever guesses them knows its password already.
        "second_factor": "5/5m/key",
    },
    "MFA_FORMS": {
        "authenticate": "identity.pages.second_factor.CodeForm",
        "reauthenticate": "identity.pages.second_factor.CodeAgainForm",
    },
    "SOCIALACCOUNT_ADAPTER": "identity.pages.adapters.SocialAccountAdapter",
    # A provider's word does not open an account that exists here: its owner signs in and connects the provider.
    "SOCIALACCOUNT_EMAIL_AUTHENTICATION": False,
    "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": False,
    "SOCIALACCOUNT_STORE_TOKENS": False,
    "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"]],
    "AXES_FAILURE_LIMIT": SIGN_IN_FAILURES_MAX,
    "AXES_COOLOFF_TIME": SIGN_IN_REST,
    "AXES_RESET_ON_SUCCESS": True,
    "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,  # nor is an attempt kept that was not even looked at
    "AXES_USERNAME_FORM_FIELD": "email",
    "AXES_USERNAME_CALLABLE": "identity.pages.sign_in.attempted_account",
    "AXES_CLIENT_IP_CALLABLE": "identity.pages.sign_in.attempted_from",
    "AXES_LOCKOUT_CALLABLE": "identity.pages.sign_in.locked_out",
    "AXES_DISABLE_ACCESS_LOG": True,
    "AXES_ENABLE_ADMIN": False,
    "AXES_VERBOSE": False,
    "AXES_SENSITIVE_PARAMETERS": ["username", "ip_address", "login", "csrfmiddlewaretoken"],
}
