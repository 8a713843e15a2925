"""What is read of a file, by its bytes; what is not, and why."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.files import confined
from bot.files.reading import LARGEST, LONGEST_TEXT, File, read
from bot.files.shrink import LONGEST_SIDE
from bot.files.words import clipped, clipped_table, decoded
from tests.pdfs import locked, pdf
from tests.pictures import drawn

ROOM = 10_000


def file(content: bytes, name: str = "notes.txt", mimetype: str = "text/plain", *, whole: bool = True) -> File:
    return File(name, mimetype, content, whole)


@pytest.mark.parametrize(
    "content",
    [
        "Zoë owes 5 €".encode(),
        b"\xef\xbb\xbf" + "Zoë owes 5 €".encode(),
        b"\xff\xfe" + "Zoë owes 5 €".encode("utf-16-le"),
        b"\xfe\xff" + "Zoë owes 5 €".encode("utf-16-be"),
        "Zoë owes 5 €".encode("cp1252"),
    ],
)
async def test_text_is_read_whatever_wrote_it(content: bytes) -> None:
    assert (await read(file(content), ROOM)).text == "Zoë owes 5 €"


async def test_a_stray_nul_is_left_out() -> None:
    assert (await read(file(b"a line that ends oddly\0\n"), ROOM)).text == "a line that ends oddly\n"


async def test_words_about_formats_are_words() -> None:
    for text in (b"ID3 tags hold titles", b"%%%: files begin with %PDF-1.7", b"The ftyp box comes first"):
        assert (await read(file(text), ROOM)).text == text.decode()


@given(st.binary(max_size=400))
def test_no_bytes_break_decoding_and_no_nul_is_left(content: bytes) -> None:
    assert "\0" not in decoded(content)


def test_a_text_cut_inside_a_character_is_still_read_as_what_it_is() -> None:
    assert decoded("Zoë".encode()[:-1]) == "Zo"


async def test_a_long_text_is_cut_at_a_line_and_says_so() -> None:
    found = await read(file(b"0123456789\n" * 1000), 105)

    assert found.text == "0123456789\n" * 9
    assert found.remark == "only the first 9 of 1,000 lines"


async def test_of_one_endless_line_the_beginning_is_read() -> None:
    found = await read(file(b"x" * 1000), 100)

    assert (found.text, found.remark) == ("x" * 100, "only the beginning")


async def test_a_text_beyond_what_is_fetched_is_said_to_be_longer() -> None:
    found = await read(file(b"0123456789\n" * (LONGEST_TEXT // 11 + 5)), 33)

    assert found.remark == "only the first 3 of more than 90,910 lines"


async def test_a_table_is_cut_between_rows_with_its_header_kept() -> None:
    rows = b"".join(b'%d,"a cell\nwith a break, and a comma"\n' % n for n in range(50))

    found = await read(file(b"id,note\n" + rows, "sales.csv", "text/csv"), 150)

    assert found.text.startswith('id,note\n0,"a cell\n')
    assert found.text.endswith('comma"\n')
    assert found.remark == "only the first 3 of 50 rows"


async def test_a_table_that_fits_is_whole() -> None:
    found = await read(file(b"a;b\n1;2\n", "x.csv"), ROOM)

    assert (found.text, found.remark) == ("a;b\n1;2\n", "")


def test_a_table_fetched_in_part_loses_the_row_that_was_cut() -> None:
    found = clipped_table("a,b\n1,2\n3,4\n5,", ROOM, whole=False)

    assert found.text == "a,b\n1,2\n3,4\n"
    assert found.remark == "only the first 2 of more than 2 rows"


@given(st.text(max_size=200), st.integers(1, 120), st.booleans())
def test_no_more_is_shown_than_there_is_room_for(text: str, room: int, whole: bool) -> None:
    plain = text.encode("utf-8", "replace").decode()

    for found in (clipped(plain, room, whole=whole), clipped_table(plain, room, whole=whole)):
        assert len(found.text.encode()) <= room or (whole and found.text == plain)
        assert plain.startswith(found.text)


async def test_a_pdf_is_read_page_by_page() -> None:
    found = await read(file(pdf("Invoice 17", "Total 99 EUR"), "bill.pdf", "application/pdf"), ROOM)

    assert found.text == "[page 1]\nInvoice 17\n\n[page 2]\nTotal 99 EUR"
    assert found.remark == ""


async def test_of_a_long_pdf_the_first_pages_are_read() -> None:
    found = await read(file(pdf(*["0123456789"] * 20)), 35)

    assert found.text.count("[page") == 4
    assert found.remark == "only the first 4 of 20 pages"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (locked(pdf("secret"), "password"), "password"),
        (pdf("", ""), "scan"),
        (b"%PDF-1.7\nnothing of the kind", "damaged"),
        (pdf("hello")[:200], "damaged"),
        (b"", "empty"),
        (b"  \n", "no words"),
        (b"\x00\x01\x02\x03" * 40, "don't know"),
        (b"ID3\x04\x00rest of a song", "hear"),
        (b"\x00\x00\x00\x18ftypmp42", "films"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office"),
        (b"\x89PNG\r\n\x1a\nbroken", "damaged"),
    ],
)
async def test_what_cannot_be_read_is_explained(content: bytes, why: str) -> None:
    found = await read(file(content), ROOM)

    assert not found.is_read
    assert why in found.remark


@pytest.mark.parametrize(("name", "why"), [("plan.docx", "Office"), ("all.zip", "archives"), ("notes.txt", "archives")])
async def test_an_office_document_is_told_from_another_archive(name: str, why: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")

    assert why in (await read(file(packed.getvalue(), name), ROOM)).remark


async def test_a_pdf_that_only_its_owner_may_change_is_read() -> None:
    assert "open" in (await read(file(locked(pdf("open to all"), "")), ROOM)).text


async def test_a_pdf_or_picture_beyond_the_limit_is_not_read() -> None:
    found = await read(file(pdf("hello"), whole=False), ROOM)

    assert f"{LARGEST // 1_000_000} MB" in found.remark


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("GIF", "P"), ("WEBP", "RGB")]
)
async def test_a_picture_is_made_small_enough_for_every_vendor(kind: str, mode: str) -> None:
    found = await read(file(drawn(3000, 1500, kind, mode), "door.png"), ROOM)

    assert found.picture
    assert (found.picture.width, found.picture.height) == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert Image.open(io.BytesIO(found.picture.content)).size == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert found.picture.media_type == ("image/png" if kind in {"PNG", "GIF"} else "image/jpeg")


@pytest.mark.parametrize(("mode", "kind"), [("I;16", "PNG"), ("CMYK", "JPEG"), ("LA", "PNG"), ("L", "JPEG")])
async def test_a_grey_picture_stays_grey_however_it_is_written(mode: str, kind: str) -> None:
    grey = Image.new(mode, (20, 20), 128 * 256) if mode == "I;16" else Image.new("L", (20, 20), 128).convert(mode)
    written = io.BytesIO()
    grey.save(written, kind)

    found = await read(file(written.getvalue()), ROOM)

    assert found.picture
    shade = Image.open(io.BytesIO(found.picture.content)).convert("L").getpixel((9, 9))
    assert isinstance(shade, int)
    assert 125 <= shade <= 131


async def test_where_a_photo_was_taken_is_not_passed_on() -> None:
    noted = Image.Exif()
    noted[0x010E] = "taken at home"
    photo = io.BytesIO()
    Image.new("RGB", (20, 20)).save(photo, "JPEG", exif=noted)

    found = await read(file(photo.getvalue(), "photo.jpg"), ROOM)

    assert b"taken at home" in photo.getvalue()
    assert found.picture
    assert b"taken at home" not in found.picture.content


async def test_a_picture_of_more_pixels_than_memory_holds_is_not_opened() -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")

    assert "damaged, or too complicated" in (await read(file(bomb.getvalue()), ROOM)).remark


async def test_a_parser_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "endless.py").write_text("while True: pass")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(confined, "WITHIN_S", 0.3)

    with pytest.raises(confined.Unparsed, match="slow"):
        await confined.parsed("endless", b"")


@pytest.mark.parametrize(
    "deed",
    [
        "bytearray(2_000_000_000)",
        "from pathlib import Path; Path('written').write_text('x')",
        "import os; os.environ['DATABASE_URL']",
    ],
)
async def test_a_parser_has_little_memory_writes_nothing_and_knows_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    (tmp_path / "greedy.py").write_text(f"from bot.files.confined import confine\nconfine()\n{deed}")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(confined.Unparsed, match="exit"):
        await confined.parsed("greedy", b"")
