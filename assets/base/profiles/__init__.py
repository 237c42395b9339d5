"""Profiles: every size and hyper-parameter of every stage, one typed file each."""

from assets.base.profiles.profile import Profile, load_profile

__all__ = ["Profile", "load_profile"]
