"""Photos taken down: removed from all that was made of them."""
