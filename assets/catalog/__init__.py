"""The DuckDB catalog over every table."""
