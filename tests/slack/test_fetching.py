"""Files fetched from Slack: what Slack says of them is heeded, limits hold, and no token goes astray."""

from __future__ import annotations

import pytest

from bot.db.file_refs import FileRef
from bot.db.ids import workspace_id_of
from bot.files.attachment import Attachment
from bot.files.reading import LARGEST
from bot.sandbox.sandbox import Sandbox
from bot.slack import attachments
from bot.slack.attachments import MOST_PICTURES, NO_TIME, ROOM, Attachments
from bot.slack.fetching import GONE, NOT_NOW, OUTSIDE, REFUSED, NotFetched, fetching
from bot.slack.installations import Access, Clients, OneToken
from tests.pdfs import pdf
from tests.pictures import drawn
from tests.slack.elsewhere import elsewhere

ACME = workspace_id_of("T0ACME")
SALES = b"region,units\nnorth,12\nsouth,30\n"


def reader(sandbox: Sandbox, token: str | None = None) -> Attachments:
    """Acme's door to files, with a token that may not be Acme's."""
    access = Access("T0ACME", token or sandbox.slack.state.bot_token, "B0LUCY", "U0LUCY")
    return Attachments(Clients(OneToken(access), sandbox.slack.api_url))


def attached(sandbox: Sandbox, name: str = "sales.csv", content: bytes = SALES) -> FileRef:
    return FileRef(sandbox.slack.attach("U0BEN", name, content), name)


async def one(sandbox: Sandbox, ref: FileRef, token: str | None = None) -> Attachment:
    return (await reader(sandbox, token).read(ACME, [ref]))[ref.id]


async def test_a_deleted_file_is_said_to_be_gone(sandbox: Sandbox) -> None:
    ref = attached(sandbox)
    sandbox.slack.api.files.delete(ref.id)

    assert (await one(sandbox, ref)).remark == GONE


async def test_a_file_that_slack_only_named_by_its_id_is_looked_up(sandbox: Sandbox) -> None:
    found = await one(sandbox, FileRef(attached(sandbox).id))

    assert (found.name, found.text) == ("sales.csv", SALES.decode())


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"is_external": True}, OUTSIDE),
        ({"mode": "external"}, OUTSIDE),
        ({"mode": "hidden_by_limit"}, "your Slack plan hides it"),
        ({"url_private": ""}, OUTSIDE),
        ({"url_private": "file:///etc/passwd"}, OUTSIDE),
        ({"mimetype": "video/mp4"}, "I neither hear sound nor watch films"),
        (
            {"mimetype": "application/vnd.slack-docs"},
            "Office documents and canvases are beyond me: a PDF or CSV of it would do",
        ),
    ],
)
async def test_what_slack_says_of_a_file_is_heeded(sandbox: Sandbox, told: dict[str, object], why: str) -> None:
    ref = attached(sandbox)
    sandbox.slack.api.files.kept[ref.id].update(told)

    assert (await one(sandbox, ref)).remark == why


async def test_no_token_is_sent_to_another_host(sandbox: Sandbox) -> None:
    ref = attached(sandbox)

    async with elsewhere() as (url, sent):
        sandbox.slack.api.files.kept[ref.id]["url_private"] = url
        found = await one(sandbox, ref)

    assert (found.remark, sent) == (OUTSIDE, [])


async def test_a_redirect_to_another_host_is_not_followed(sandbox: Sandbox) -> None:
    async with elsewhere() as (url, sent):
        ref = attached(sandbox)
        sandbox.slack.api.files.moved[ref.id] = url
        found = await one(sandbox, ref)

    assert (found.remark, sent) == (OUTSIDE, [])


async def test_a_redirect_within_slack_is_followed_but_not_for_ever(sandbox: Sandbox) -> None:
    ref, there = attached(sandbox), attached(sandbox)
    moved, kept = sandbox.slack.api.files.moved, sandbox.slack.api.files.kept
    moved[ref.id] = kept[there.id]["url_private"]

    assert (await one(sandbox, ref)).text == SALES.decode()

    moved[there.id] = moved[ref.id]
    assert (await one(sandbox, ref)).remark == REFUSED


async def test_a_page_that_asks_to_sign_in_is_not_taken_for_the_file(sandbox: Sandbox) -> None:
    ref, foreign = attached(sandbox), sandbox.globex
    foreign.state.installed = True
    theirs = foreign.attach("U1HANK", "plan.csv", b"secret,plan\n")
    sandbox.slack.api.files.kept[ref.id]["url_private"] = foreign.api.files.kept[theirs]["url_private"]

    found = await one(sandbox, ref)

    assert (found.text, found.remark) == ("", REFUSED)


async def test_a_file_of_another_workspace_cannot_be_had_by_its_id(sandbox: Sandbox) -> None:
    sandbox.globex.state.installed = True
    ref = attached(sandbox)

    theirs = await one(sandbox, ref, sandbox.globex.state.bot_token)

    assert (theirs.text, theirs.remark) == ("", GONE)
    assert (await one(sandbox, ref)).text == SALES.decode()


async def test_a_slack_that_is_away_is_said_to_be(sandbox: Sandbox) -> None:
    ref = attached(sandbox)
    sandbox.slack.faults.down = True

    assert (await one(sandbox, ref)).remark == NOT_NOW


async def test_a_slack_that_takes_too_long_leaves_the_rest_unread(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = [attached(sandbox), attached(sandbox, "more.csv")]
    monkeypatch.setattr(attachments, "WITHIN_S", 0.3)
    sandbox.slack.faults.hold("files.info")

    found = await reader(sandbox).read(ACME, refs)

    assert [found[ref.id].remark for ref in refs] == [NO_TIME, NO_TIME]


async def test_an_endless_file_is_left_where_the_limit_is() -> None:
    async with elsewhere() as (url, _), fetching(url) as fetcher:
        content, whole = await fetcher.fetch(f"{url}/endless", "xoxb-1", "text/plain", 100_000)

    assert (len(content), whole) == (100_000, False)


@pytest.mark.parametrize(
    ("base", "url", "goes"),
    [
        ("https://slack.com/api/", "https://files.slack.com/files-pri/T1-F1/a.csv", True),
        ("https://slack-gov.com/api/", "https://files.slack-gov.com/a.csv", True),
        ("https://slack.com/api/", "https://slack.com.evil.example/a.csv", False),
        ("https://slack.com/api/", "https://files.slack.com@evil.example/a.csv", False),
        ("https://slack.com/api/", "http://files.slack.com/a.csv", False),
        ("https://slack.com/api/", "https://files.slack.com:8443/a.csv", False),
        ("https://slack.com/api/", "https://docs.google.com/document/1", False),
        ("https://slack-gov.com/api/", "https://files.slack.com/a.csv", False),
        ("http://127.0.0.1:9/api/", "http://127.0.0.1:9/files/F1", True),
        ("http://127.0.0.1:9/api/", "http://127.0.0.1:8/files/F1", False),
    ],
)
async def test_files_come_from_slacks_own_hosts_alone(base: str, url: str, goes: bool) -> None:
    async with fetching(base) as fetcher:
        try:
            allowed = bool(fetcher._allowed(url))
        except NotFetched as error:
            allowed = error.sentence != OUTSIDE

    assert allowed is goes


async def test_too_large_a_file_is_not_fetched(sandbox: Sandbox) -> None:
    ref = FileRef(attached(sandbox, "big.pdf", pdf("hello")).id, "big.pdf", "application/pdf", LARGEST + 1)

    assert f"{LARGEST // 1_000_000} MB" in (await one(sandbox, ref)).remark


async def test_a_file_larger_than_slack_said_is_left_where_the_limit_is(sandbox: Sandbox) -> None:
    ref = attached(sandbox, "big.pdf", pdf("hello") + b" " * LARGEST)

    assert f"{LARGEST // 1_000_000} MB" in (await one(sandbox, ref)).remark


async def test_many_files_share_the_room_there_is(sandbox: Sandbox) -> None:
    refs = [attached(sandbox, f"{n}.txt", b"123456789\n" * 9000) for n in range(4)]

    found = await reader(sandbox).read(ACME, refs)

    sizes = [len(found[ref.id].text) for ref in refs]
    assert sum(sizes) <= ROOM
    assert min(sizes) > ROOM // 5


async def test_who_holds_no_words_takes_no_room(sandbox: Sandbox) -> None:
    text = attached(sandbox, "long.txt", b"123456789\n" * 9000)
    silent = [
        FileRef(attached(sandbox, "a.png", drawn(8, 8)).id, "a.png", "image/png"),
        FileRef("F0", "b.zip", "application/zip"),
    ]

    found = await reader(sandbox).read(ACME, [text, *silent])

    assert len(found[text.id].text) > ROOM * 0.9


async def test_so_many_pictures_and_no_more_are_looked_at(sandbox: Sandbox) -> None:
    refs = [
        FileRef(attached(sandbox, f"{n}.png", drawn(8, 8)).id, f"{n}.png", "image/png")
        for n in range(MOST_PICTURES + 1)
    ]

    found = await reader(sandbox).read(ACME, refs)

    assert [bool(found[ref.id].picture) for ref in refs] == [True] * MOST_PICTURES + [False]
    assert f"{MOST_PICTURES} pictures" in found[refs[-1].id].remark
