"""How the graph runs: definitions, planner, schedules, sensors and the command line."""

import os

# OpenMP's threads spin while they wait, which is ruinous where other processes use the cores: a LocSens step took
# eight times as long. It has to be said before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
