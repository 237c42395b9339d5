"""What is made: one package per stage, in the order in which data flows."""
