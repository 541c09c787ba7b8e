"""Configuration: every parameter, its bounds, and where its value comes from."""

from .face_place import FacePlace
from .option import Option, options_of
from .sections import (
    DEFAULT_PASS,
    GROUPS,
    AnalysisConfig,
    AugmentationConfig,
    CompositingConfig,
    Config,
    DatasetConfig,
    InputConfig,
    LipsyncConfig,
    ListeningConfig,
    MachineConfig,
    MarkingConfig,
    MouthConfig,
    NetworkConfig,
    RetimingConfig,
    SoundConfig,
    TextureConfig,
    TrainingConfig,
)

__all__ = [
    "DEFAULT_PASS",
    "GROUPS",
    "AnalysisConfig",
    "AugmentationConfig",
    "CompositingConfig",
    "Config",
    "DatasetConfig",
    "FacePlace",
    "InputConfig",
    "LipsyncConfig",
    "ListeningConfig",
    "MachineConfig",
    "MarkingConfig",
    "MouthConfig",
    "NetworkConfig",
    "Option",
    "RetimingConfig",
    "SoundConfig",
    "TextureConfig",
    "TrainingConfig",
    "options_of",
]
