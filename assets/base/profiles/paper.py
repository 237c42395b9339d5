"""Profile `paper`: YFCC100M as in the paper. Every value is a default of its section, where its source is named."""

from assets.base.profiles.profile import Profile

PROFILE = Profile(name="paper")
