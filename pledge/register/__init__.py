"""The register: an append-only, tamper-evident log, in the formats of transparency logs.

Pure: no I/O, no clock, no randomness. `docs/register.md` describes it for whoever verifies it.
"""
