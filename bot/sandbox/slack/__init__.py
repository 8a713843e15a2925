"""A local Slack that rejects what Slack rejects."""
