"""The sample world: a small YFCC100M drawn from one seed, in which image, hashtag and place hang together.

`generate.ensure_world` is the way in; `config.WorldConfig` says how large. Everything is written in
YFCC100M's own format, so that nothing after it can tell the difference. The cities are from GeoNames
(geonames.org, CC BY 4.0).
"""
