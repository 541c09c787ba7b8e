"""Metadata and settings are in pyproject.toml; this adds the data that lie outside the package."""

from setuptools import find_packages, setup

# The shipped passes, shape basis and demo speech are plain workspace files; they travel in the
# wheel and serve where a workspace has none of its own.
PASS_FILES = ["network.npz", "*.json", "history.*", "README.md"]
SHIPPED = {
    "train/grid_s1": PASS_FILES,
    "train/grid_s1_delayed": PASS_FILES,
    "reference": ["shapes.npz", "README.md"],
    "input/mp3": ["demo.mp3"],
}
PACKAGES = {f"audio2video.shipped.{path.replace('/', '.')}": path for path in SHIPPED}

setup(
    packages=[*find_packages(include=["audio2video", "audio2video.*"]), *PACKAGES],
    package_dir={"": ".", **PACKAGES},
    package_data={name: SHIPPED[path] for name, path in PACKAGES.items()},
)
