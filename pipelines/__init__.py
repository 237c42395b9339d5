"""How the graph runs: definitions, planner, schedules, sensors and the command line."""
