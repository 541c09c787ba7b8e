"""Target analysis: face track, rectified textures, occlusion, teeth proxies, cache."""
