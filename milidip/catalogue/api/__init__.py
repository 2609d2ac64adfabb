"""The register for programs: the same filter and columns as everywhere, as pages of JSON."""
