"""Which hashtags count: the vocabulary and the tags it skips."""
