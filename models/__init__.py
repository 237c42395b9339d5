"""How it is learnt and scored: networks, losses, samplers, training, ranking, metrics. No Dagster here."""
