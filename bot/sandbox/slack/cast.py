"""Who plays in the local Slack: two teams with their people and channels."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Person:
    """Someone in a team; guests are restricted."""

    id: str
    name: str
    title: str = ""
    is_admin: bool = False
    is_owner: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    tz: str = "Europe/Stockholm"


@dataclass(slots=True)
class Channel:
    """A channel or a direct message; `members` matter for who may post. `kind`: channel, group, im, mpim."""

    id: str
    name: str
    topic: str = ""
    kind: str = "channel"
    archived: bool = False
    members: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Cast:
    """One team; `said` is what stood there before: (channel, person, text)."""

    team_id: str
    team: str
    bot_user_id: str
    bot_id: str
    people: tuple[Person, ...]
    channels: tuple[Channel, ...]
    said: tuple[tuple[str, str, str], ...] = ()


def acme() -> Cast:
    """The team of the demo page; Lucy is installed."""
    people = (
        Person("U0ADA", "Ada Okafor", "Head of Engineering", is_admin=True, is_owner=True),
        Person("U0BEN", "Ben Ito", "Backend engineer", tz="Asia/Tokyo"),
        Person("U0CHL", "Chloé Martin", "Finance", is_admin=True, tz="Europe/Paris"),
        Person("U0DEV", "Dev Patel", "Product manager", tz="Asia/Kolkata"),
        Person("U0EVA", "Eva Lindqvist", "Support"),
        Person("U0LUCY", "Lucy", "App", is_bot=True),
        Person("U0CIBT", "buildbot", "App", is_bot=True),
    )
    everyone = {person.id for person in people}
    channels = (
        Channel("C0GENERAL", "general", "Company-wide announcements", members=set(everyone)),
        Channel("C0ENG", "engineering", "Builds, bugs and beautiful diffs", members=set(everyone)),
        Channel("C0FINANCE", "finance", "Budgets and the daily digest", members=set(everyone)),
        Channel("C0RANDOM", "random", "Everything else", members=set(everyone)),
        Channel("C0QUIET", "quiet", "Lucy is not in here", members=everyone - {"U0LUCY"}),
        Channel("C0OLD", "old-project", "Archived", archived=True, members=set(everyone)),
        Channel("D0LUCY", "Lucy", "", kind="im", members={"U0ADA", "U0LUCY"}),
    )
    said = (
        ("C0GENERAL", "U0ADA", "Morning all! The release moved to Thursday, thanks to everyone who tested last night."),
        ("C0GENERAL", "U0DEV", "Roadmap review at 3. I invited *Lucy* to this channel: mention her and see what it costs."),
        ("C0ENG", "U0BEN", "Checkout test is flaky again, looking at it now. `make test` fails one run in ten."),
        ("C0FINANCE", "U0CHL", "I set Lucy's daily digest to post here at nine."),
        ("C0RANDOM", "U0EVA", "Cinnamon buns in the kitchen."),
    )  # fmt: skip
    return Cast("T0ACME", "Acme", "U0LUCY", "B0LUCY", people, channels, said)


def globex() -> Cast:
    """A second team, with a guest; Lucy is not installed until someone does it."""
    people = (
        Person("U1HANK", "Hank Scorpio", "Owner", is_admin=True, is_owner=True, tz="America/New_York"),
        Person("U1IDA", "Ida Moreau", "Operations", tz="America/New_York"),
        Person("U1GUEST", "Gus Guest", "Contractor", is_restricted=True, tz="Pacific/Chatham"),
        Person("U1LUCY", "Lucy", "App", is_bot=True),
    )
    everyone = {person.id for person in people}
    channels = (
        Channel("C1LOBBY", "lobby", "Everyone", members=set(everyone)),
        Channel("G1BOARD", "board", "Private", kind="group", members={"U1HANK", "U1LUCY"}),
        Channel("D1LUCY", "Lucy", "", kind="im", members={"U1HANK", "U1LUCY"}),
    )
    said = (
        ("C1LOBBY", "U1HANK", "Welcome to Globex. The hammock order is approved, the doomsday one is not."),
        ("C1LOBBY", "U1IDA", "Acme's people say they ask their bot such things. Do we have one?"),
    )  # fmt: skip
    return Cast("T1GLOBEX", "Globex", "U1LUCY", "B1LUCY", people, channels, said)
