"""The study: everything trained with several seeds, and the paper's claims tested on it."""
