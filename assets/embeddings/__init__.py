"""The embedding models (MCC, MLC, HER) and the word vectors that HER regresses to."""
