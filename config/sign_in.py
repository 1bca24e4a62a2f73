"""How people sign in and up, in the words of allauth."""

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
        "reset_password": "10/m/ip,3/m/key",
        "manage_email": "5/m/user",
    },
    "SOCIALACCOUNT_ADAPTER": "identity.pages.adapters.SocialAccountAdapter",
    # A provider's word does not open an account that exists here: its owner signs in and connects the provider.
    "SOCIALACCOUNT_EMAIL_AUTHENTICATION": False,
    "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": False,
    "SOCIALACCOUNT_STORE_TOKENS": False,
}
