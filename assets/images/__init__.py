"""Pixels: fetched, decoded, resized and kept, with a status for every wanted photo."""
