"""Lucy's App Home: what she cost, what one asked, and the settings."""
