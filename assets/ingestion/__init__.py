"""From source files to geotagged photos and tag counts."""
