"""The evaluation report: one self-contained page with tables, figures and galleries."""
