"""What `mutmut run` came to, module by module, and every mutant that no test killed: ``python -m tests.survivors``."""

import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

MUTMUT = str(Path(sys.executable).with_name("mutmut"))
NOT_RUN = "not checked"
BY_TYPES = "caught by type check"


def verdicts() -> dict[str, str]:
    """Return what became of each mutant, by its name."""
    told = subprocess.run([MUTMUT, "results", "--all", "true"], check=True, capture_output=True, text=True)
    pairs = (line.strip().rpartition(": ") for line in told.stdout.splitlines() if "__mutmut_" in line)
    return {name: verdict for name, _, verdict in pairs}


def change(name: str) -> str:
    """Return what a mutant changes, in one line."""
    told = subprocess.run([MUTMUT, "show", name], check=True, capture_output=True, text=True)
    changed = [
        line for line in told.stdout.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}
    ]
    return "  ".join(f"{line[0]} {line[1:].strip()}" for line in changed)


def main() -> None:
    """Print the table of docs/mutation.md, then the survivors."""
    modules: dict[str, Counter[str]] = defaultdict(Counter)
    found = verdicts()
    for name, verdict in found.items():
        modules[name.rpartition(".")[0].removeprefix("gateway.")][verdict] += 1
    columns = ("module", "mutants", "refused by mypy", "killed by tests", "survived", "timed out", "other")
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    modules["all"] = sum(modules.values(), Counter())
    for module, counts in modules.items():
        known = [counts[verdict] for verdict in (BY_TYPES, "killed", "survived", "timeout")]
        row = [module, counts.total(), *known, counts.total() - sum(known)]
        print("| " + " | ".join(map(str, row)) + " |")
    for name, verdict in found.items():
        if verdict not in {"killed", BY_TYPES, NOT_RUN}:
            print(f"\n{name}: {verdict}\n  {change(name)}")


if __name__ == "__main__":
    main()
