"""The only folder that writes SQL."""
