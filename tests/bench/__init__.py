"""`make bench`: measures the figures that the design promises. Not part of the tests: nothing here asserts a time."""
