"""The names of what is pressed, picked and sent off in a Home."""

from __future__ import annotations

PREFIX = "lucy_home_"
REFRESH, SWITCH = f"{PREFIX}refresh", f"{PREFIX}switch"
DIAL, OWN_DIAL = f"{PREFIX}dial", f"{PREFIX}own_dial"
DIGEST, BUDGET, TIERS = f"{PREFIX}digest", f"{PREFIX}budget", f"{PREFIX}tiers"
"""Each is both the button that opens a modal and the modal it opens."""
