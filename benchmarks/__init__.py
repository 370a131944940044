"""What performance claims are measured with: ``python -m benchmarks [NAME…] [--json FILE]``.

One file a benchmark, registered in ``registry``. Every claim is a ratio between two sides that
ran alternately, in the same process run, on the same machine; absolute figures are context.
"""
