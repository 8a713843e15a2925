"""Local model providers that speak three wire formats and keep their own invoice."""
