"""Photos with vocabulary tags, split into train, validation and test."""
