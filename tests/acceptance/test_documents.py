"""What is written agrees with the code: made pages, links, keys, alarms, failpoints; and nothing is said that must not be."""

import importlib
import pkgutil
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

import gateway
from gateway import failpoints
from gateway.ops.docs import command_words, model_in, pages
from gateway.ops.reports.answer_words import ENVELOPE
from gateway.ops.reports.meanings import MEANINGS, meaning
from gateway.settings import Settings
from gateway.store import open_money, queue
from gateway.store.alarms import RULES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def kept() -> list[Path]:
    """Return every file that git keeps, as it lies here."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=False, capture_output=True, text=True
    ).stdout.split("\0")
    found = [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    return found or [
        path for folder in ("gateway", "docs", "maps", "tests") for path in (ROOT / folder).rglob("*.*")
    ]


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every kept file that is text."""
    for path in kept():
        try:
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


@pytest.mark.parametrize("name", sorted(pages()))
def test_made_pages_are_current(name):
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], (
        f"run `make docs` and commit docs/{name}"
    )


def test_every_command_stands_in_its_page():
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    for words in command_words():
        assert f"## `{' '.join(('gateway', *words))}`" in page


def _keys(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str | None]]:
    for name, field in model.model_fields.items():
        inside = model_in(field.annotation)
        if inside is not None:
            yield from _keys(inside, f"{path}{name}.")
        else:
            yield f"{path}{name}", field.description


def test_every_key_of_the_configuration_says_what_it_means():
    described = dict(_keys(Settings))
    assert len(described) > 60
    for key, meaning_of_key in described.items():
        assert meaning_of_key, key
        assert meaning_of_key != key.rpartition(".")[2].replace("_", " "), key


def test_the_template_knows_no_key_that_the_settings_do_not(tmp_path):
    from gateway.bootstrap import init_installation
    from gateway.settings import load

    made = init_installation(tmp_path / "site", key_file=tmp_path / "key")
    assert load(made.config).partner


def _headings(page: str) -> set[str]:
    return {
        line.lstrip("# ").strip()
        for line in (DOCS / page).read_text(encoding="utf-8").splitlines()
        if line[:1] == "#"
    }


def test_the_runbook_has_a_section_for_every_alarm_and_kind_of_thing_that_waits():
    headings = _headings("runbook.md")
    kinds = {queue.HELD, queue.REJECTED, queue.UNMATCHED, queue.QUARANTINED, queue.UNCERTAIN, queue.SILENT}
    kinds |= {queue.DENIED, queue.OPEN, queue.CREDIT}
    assert kinds <= headings
    assert {rule.name for rule in RULES} | set(open_money.ALARMS) <= headings


def test_the_runbook_speaks_of_every_kind_of_hold():
    page = (DOCS / "runbook.md").read_text(encoding="utf-8")
    for kind in queue._AFTER_HOLD:
        assert f"`{kind}`" in page or kind in _headings("runbook.md") or kind == "quarantine", kind


def test_commands_named_in_pages_exist():
    known = {words for words in command_words() if words}
    groups = {words[0] for words in known if len(words) > 1}
    for path in (ROOT / "README.md", *DOCS.glob("*.md")):
        for first, second in re.findall(
            r"`gateway ([a-z][a-z-]*)(?: ([a-z-]+))?", path.read_text(encoding="utf-8")
        ):
            assert ((first, second) if first in groups and second else (first,)) in known, (
                path.name,
                first,
                second,
            )


def test_codes_that_wait_for_a_person_are_explained():
    """A finding's own words are masked in views and its code stands in the queue: its meaning must be known."""
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for room in ("responses", "exchange", "claims", "x12")
        for path in (ROOT / "gateway" / room).rglob("*.py")
    )
    codes = set(re.findall(r'"((?:ERA|ENV|RCV|ROUTE|ACK|D)-[A-Z0-9]+(?:-[A-Z0-9]+)*)"', source))
    assert len(codes) > 30
    assert not sorted(code for code in codes if not meaning(code))
    assert sorted(ENVELOPE) == sorted(code for code in codes if code.startswith("ENV-"))
    assert not sorted(
        code
        for code in MEANINGS
        if code.startswith("ERA") and code not in codes and not re.match(r"ERA-B\d", code)
    )


def test_every_failpoint_is_listed_with_where_it_stands():
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    used = {
        name
        for path in (ROOT / "gateway").rglob("*.py")
        for name in re.findall(
            r'(?:failpoints\.)?\b(?:hit|declare)\(\s*"([^"]+)"', path.read_text(encoding="utf-8")
        )
    }
    assert used
    assert used <= set(failpoints.NAMES)
    assert all(len(where.split()) > 2 for where in failpoints.NAMES.values())


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda path: path.name
)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        leads = (path.parent / name).resolve() if name else path
        assert leads.exists(), (path.name, target)
        if anchor:
            assert anchor in {_slug(heading) for heading in _headings(leads.relative_to(DOCS).as_posix())}, (
                target
            )


def test_places_named_in_the_architecture_exist():
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("## Where to touch")[2].partition("##")[0]
    places = re.findall(r"`((?:claims|responses|exchange|store|model|ops|maps|tests)/[\w./]*)`", table)
    assert len(places) > 10
    for place in places:
        assert (ROOT / place).exists() or (ROOT / "gateway" / place).exists(), place


MACHINE = re.compile(
    # written apart, so that this file does not say what it looks for
    r"(?<![\w.])/(?:" + "|".join(("wo" + "rk", "roo" + "t", "home/[a-z]+", "Use" + "rs")) + r")/"
    r"|\b(?:"
    + "|".join(("Cla" + "ude", "Anth" + "ropic", "Chat" + "GPT", "Copi" + "lot", "LL" + "M"))
    + r")\b"
)


def test_no_file_names_a_machine_or_the_tools_of_its_makers():
    said = [(str(path), found.group()) for path, text in texts() if (found := MACHINE.search(text))]
    assert not said


_WORDS = r"[\"']?\s*[,\t:=|]\s*[\"']?[A-Za-z][A-Za-z]+[ -][A-Za-z]"
DESCRIBED = {
    "CPT codes with descriptions": re.compile(r"^\W*\d{4}[0-9A-Z]" + _WORDS, re.MULTILINE),
    "CDT codes with descriptions": re.compile(r"^\W*D\d{4}" + _WORDS, re.MULTILINE),
    "adjustment reasons with descriptions": re.compile(
        r"^\W*(?:(?:CO|PR|OA|PI)-?)?[1-9]\d{0,2}" + _WORDS, re.MULTILINE
    ),
}
MOST_LINES = 12
"""A handful of numbered words is no code list; the lists in question have hundreds of lines."""

OWN_LISTS = {"gateway/responses/words.py", "gateway/x12/faults.py"}
"""Short lists of acknowledgement codes that a program cannot work without, in words of our own."""

FREE_LISTS = {"gateway/_codes/places.csv"}
"""Lists in the public domain: the places of service, a work of the US government (CMS)."""


def test_nothing_here_is_a_licensed_code_list():
    """licensing: bare codes may stand here, codes with their owners' descriptions may not."""
    found = {
        (str(path), what)
        for path, text in texts()
        for what, pattern in DESCRIBED.items()
        if str(path) not in OWN_LISTS | FREE_LISTS and len(pattern.findall(text)) > MOST_LINES
    }
    assert not found


def test_the_licence_check_would_see_one():
    lists = {
        "CPT codes with descriptions": "".join(f"9921{n % 10},Some visit of a kind\n" for n in range(20)),
        "CDT codes with descriptions": "".join(f"D01{n:02d}\tsome oral look\n" for n in range(20)),
        "adjustment reasons with descriptions": "".join(
            f'    "{n}": "some reason in words",\n' for n in range(1, 21)
        ),
    }
    for what, text in lists.items():
        assert len(DESCRIBED[what].findall(text)) > MOST_LINES
