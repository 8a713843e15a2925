"""Lucy: a Slack bot that answers with the cheapest model that can do the job, and meters every call."""
