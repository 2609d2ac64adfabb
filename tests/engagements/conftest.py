"""Settings of the property-based tests: few examples, always the same ones in CI."""

import os

import hypothesis
from hypothesis import configuration

from milidip.settings import VAR

configuration.set_hypothesis_home_dir(VAR / "hypothesis")
hypothesis.settings.register_profile(
    "milidip",
    max_examples=int(os.environ.get("EXAMPLES") or 40),
    deadline=None,  # machines differ, and a slow example is not a wrong one
    database=None,
    derandomize=os.environ.get("CI") == "true",
)
hypothesis.settings.load_profile("milidip")
