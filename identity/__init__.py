"""Who acts: users, sign-in on the site and by Firebase, and what callers of the API may do."""
