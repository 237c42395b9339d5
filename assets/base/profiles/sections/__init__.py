"""The sections of a profile that belong to stages; those of the models are in `models.config` and beside."""
