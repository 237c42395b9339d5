"""The trained models in people's hands: photos for a hashtag and a place, hashtags for a photo and a place.

No stage: nothing is published here. It stands after evaluation, whose scorers it asks, and beside `assets.takedown`,
which works on a finished collection too.
"""
