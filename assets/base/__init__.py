"""What every stage stands on: settings, profiles, storage, tables, partitions, provenance, steps."""
