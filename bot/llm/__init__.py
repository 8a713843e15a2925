"""The one road to a model provider."""
