"""The six LocSens variants, trained."""
