"""The demo page: a Slack to talk in, and the truth beside it."""
