"""The actions that may need a second person, one file each."""
