"""A stand-in for `gcloud`: keeps a project's state, records each call, refuses what gcloud refuses."""
