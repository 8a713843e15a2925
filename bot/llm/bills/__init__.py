"""Providers' own bills: read from their usage and cost APIs, or from a file that was exported there."""
