"""The admin site, its navigation, and the pages that join apps."""
