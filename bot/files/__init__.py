"""Bytes that somebody attached become what a model may be shown, within limits, or a reason why not."""
