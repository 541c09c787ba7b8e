"""How fast the pipeline is, against plain versions of its kernels; ``python -m benchmarks``."""
