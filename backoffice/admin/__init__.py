"""The admin site: sign-in, navigation, dashboard, and the pages of libraries' tables."""
