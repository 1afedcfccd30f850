"""The name a file gets at a partner: a template with holes, and the rules the partner has for names."""

import re
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

HOLES = "{type}, {isa13}, {sha8}, {date}, {time} and {test}"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
TEST_WORD = "TEST"


class NameCase(StrEnum):
    """Which letters a name may have."""

    ANY = "any"
    UPPER = "upper"
    LOWER = "lower"


class NameRules(BaseModel):
    """What the partner asks of a file's name. A template that breaks a rule is refused when it is loaded."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    max_length: int = Field(100, ge=8, le=100, description="longest name, suffix included")
    forbidden: str = Field("", description="characters that may not stand in a name, such as '-_'")
    keywords: tuple[str, ...] = Field(
        (), description="words that must stand in every name, letter for letter"
    )
    suffix: str | None = Field(None, description="how every name must end, such as .dat")
    case: NameCase = Field(NameCase.ANY, description="any | upper | lower: names are put into it")

    def broken(self, name: str) -> list[str]:
        """Return what is wrong with *name*, in words; nothing where it keeps every rule."""
        wrong = []
        if len(name) > self.max_length:
            wrong.append(f"is {len(name)} characters long, the partner takes {self.max_length}")
        found = sorted(set(self.forbidden) & set(name))
        if found:
            wrong.append(f"has {' '.join(found)}, which the partner forbids")
        wrong += [f"lacks the word {word}" for word in self.keywords if word not in name]
        if self.suffix is not None and not name.endswith(self.suffix):
            wrong.append(f"does not end in {self.suffix}")
        return wrong


def remote_name(
    template: str,
    rules: NameRules,
    *,
    kind: str,
    isa13: int,
    sha256: str,
    created: datetime,
    test_word: str,
) -> str:
    """Return *template* filled in; *test_word* is empty for a production file.

    Every hole has a fixed width, so what holds for one name of a template holds for all of them.

    Raises:
        ValueError: the template has an unknown hole, does not tell files apart, yields unsafe characters, or breaks
            one of *rules*.

    """
    if "{isa13}" not in template and "{sha8}" not in template:
        raise ValueError("needs {isa13} or {sha8}, so that no two files share a name")
    try:
        name = template.format_map(
            {
                "type": kind,
                "isa13": f"{isa13:09d}",
                "sha8": sha256[:8],
                "date": f"{created:%Y%m%d}",
                "time": f"{created:%H%M%S}",
                "test": test_word,
            }
        )
    except (KeyError, IndexError, ValueError, AttributeError):
        raise ValueError(f"the holes are {HOLES}") from None
    if rules.case is not NameCase.ANY:
        name = name.upper() if rules.case is NameCase.UPPER else name.lower()
    if not _SAFE.fullmatch(name):
        raise ValueError("use letters, digits, dot, dash and underscore, a letter or digit first")
    wrong = rules.broken(name)
    if wrong:
        raise ValueError(f"a name such as {name} {', and '.join(wrong)}")
    return name
