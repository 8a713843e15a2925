"""Which model answers, and what happens when it fails."""
