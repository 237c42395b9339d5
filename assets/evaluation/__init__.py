"""Queries, rankings, results and the report."""
