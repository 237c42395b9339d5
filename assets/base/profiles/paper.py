"""Profile `paper`: YFCC100M as in the paper. Every value is a default of its section, where its source is named.

One departure: an image's middle square of 300 px is what the random crops of 224 px are taken from. The paper crops
from the whole image whose short side is 300 px; of a 300 x 400 photo the outer 50 px of each side are never seen here.
"""

from assets.base.profiles.profile import Profile

PROFILE = Profile(name="paper")
