"""A restored backup does not know what was sent after it was made: it sends nothing until a person has looked."""

from pathlib import Path
from unittest.mock import patch

from gateway.bootstrap import open_site
from gateway.claims import intake
from gateway.daemon import Daemon
from gateway.store import queue
from gateway.store.backup import MANIFEST_NAME, backup
from tests.acceptance.house import house, typed


def test_nothing_leaves_a_restored_backup_before_a_person_says_so(tmp_path: Path) -> None:
    with house(tmp_path, names=("north",)) as made:
        made.open()
        made.drop("a.jsonl", [made.claim(1)])
        intake.take_in(made.site, wait=True)
        target = tmp_path / "restored"
        backup(made.site.store, made.root, target)
        made.pass_()
        made.sandbox.work_off()
        assert made.sent() == {"north": ["NO000001"]}
        made.site.store.close()

        restored = open_site(target / "config.toml", clock=made.clock)
        report = Daemon(restored).run_once()
        made.sandbox.work_off()
        assert (report.sealed, report.exit_code) == (0, 1)
        assert made.sent() == {"north": ["NO000001"]}
        with restored.store.read() as tx:
            [item] = [
                one for one in queue.items(tx, restored.settings, made.clock.now()) if "backup" in one.why
            ]
        assert "does not know what was sent since" in item.why
        assert not (target / MANIFEST_NAME).exists()

        with patch("gateway.bootstrap.SystemClock", lambda: made.clock):
            assert typed("--config", str(target), "partner", "resume", "north")[0] == 0
        assert not [one for one in Daemon(restored).run_once().troubles if one.error == "paused"]
        restored.store.close()
