"""A strict local Slack, local model providers with their own invoice, and the demo page. Imports nothing of Lucy."""
