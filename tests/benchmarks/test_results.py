"""results.json, the table, the plot, the command line."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import __main__ as script
from benchmarks import machine, plot, results, table
from benchmarks.suite import Findings, Suite, Table
from benchmarks.suites import SUITES
from benchmarks.targets import AtLeast


def comparison(name="float32", ratios=(1.5, 1.2, 1.4), target=None):
    side = {"items_per_second": 600.0, "cpu_seconds_per_item": 0.003, "peak_bytes": 800_000_000, "turns": []}
    spread = {"median": sorted(ratios)[1], "lowest": min(ratios), "highest": max(ratios), "pairs": list(ratios)}
    found = {
        "name": name,
        "items": "images",
        "units_per_turn": 5,
        "ours": {"name": "ours", **side},
        "peers": [{"name": "eager", "ratio": spread, **side, "cpu_seconds_per_item": 0.006}],
        "left_out": {"torch.compile": "no compiler"},
        "idle_cpu_share": {"ours": 0.0},
    }
    return found | {"target": target and target.judge(found)}


def findings(*comparisons):
    shown = Table("Sizes", ("n", "seconds"), [(1_000, 0.12345), ("many", None)], "As measured.")
    return Findings(comparisons, [shown], ["bfloat16 is left out"])


@pytest.fixture
def suites(monkeypatch):
    """Two suites in place of the real ones, the second of which the test may change."""
    made = {
        "one": Suite("The first.", lambda session: findings(comparison(target=AtLeast(1.3)))),
        "two": Suite("The second.", lambda session: findings(comparison(ratios=(0.8, 0.9, 0.7), target=AtLeast(1.1)))),
    }

    class Stub(dict):
        def check(self, name):
            assert name in self

    stub = Stub(made)
    monkeypatch.setattr(script, "SUITES", stub)
    return stub


def test_a_suite_replaces_its_own_part_only(suites, tmp_path):
    assert script.run(["benchmarks", f"--output_dir={tmp_path}"]) == 0
    before = results.load(tmp_path / "results.json")
    suites["two"] = Suite("Another.", lambda session: findings(comparison("bfloat16")))
    assert script.run(["benchmarks", "two", f"--output_dir={tmp_path}"]) == 0
    after = results.load(tmp_path / "results.json")
    assert list(after) == ["one", "two"]
    assert after["one"] == before["one"]
    assert after["two"]["about"] == "Another."
    assert [found["name"] for found in after["two"]["comparisons"]] == ["bfloat16"]


def test_a_suite_that_fails_loses_nothing_and_the_others_go_on(suites, tmp_path, capsys):
    from benchmarks.sides import SideError

    assert script.run(["benchmarks", f"--output_dir={tmp_path}"]) == 0
    before = (tmp_path / "results.json").read_text()

    def fail(session):
        raise SideError("there are no images")

    suites["one"] = Suite("Fails.", fail)
    assert script.run(["benchmarks", "one", f"--output_dir={tmp_path}"]) == 1
    assert (tmp_path / "results.json").read_text() == before
    assert "one failed: there are no images" in capsys.readouterr().err
    assert script.run(["benchmarks", f"--output_dir={tmp_path}"]) == 1
    assert results.load(tmp_path / "results.json")["one"] == json.loads(before)["suites"]["one"]


def test_the_folder_of_a_session_is_removed(suites, tmp_path):
    seen = []

    def measure(session):
        (session.folder / "file").write_text("x")
        seen.append((session.folder, session.rounds))
        return findings()

    suites["one"] = Suite("Writes.", measure)
    assert script.run(["benchmarks", "one", "--rounds=2", f"--output_dir={tmp_path}"]) == 0
    ((folder, rounds),) = seen
    assert not folder.exists()
    assert rounds == 2


def test_results_say_of_what_they_are(suites, tmp_path):
    script.run(["benchmarks", "one", f"--output_dir={tmp_path}"])
    part = results.load(tmp_path / "results.json")["one"]
    assert part["machine"]["cores"] >= 1
    assert part["machine"]["versions"]["numpy"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", part["date"])
    assert re.fullmatch(r"[0-9a-f]{12}\+?|unknown", part["revision"])


def test_the_machine_is_described_without_paths_and_names(monkeypatch):
    import socket

    words = json.dumps(machine.describe())
    assert socket.gethostname() not in words
    assert str(Path.home()) not in words
    assert "/home" not in words


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("fpu avx512f avx512_bf16", True), ("fpu amx_bf16", True), ("fpu avx2 avx512f avx512_bf1", False)],
)
def test_bfloat16_is_a_matter_of_flags(flags, expected, monkeypatch):
    monkeypatch.setattr(machine, "_cpuinfo", lambda: {"model name": "x", "flags": flags})
    assert machine.has_bfloat16() is expected


def test_the_table_has_every_figure():
    part = results.part_of(Suite("Of training.", lambda session: findings()), findings(comparison()), 12.3)
    missed = results.part_of(
        Suite("Of more.", lambda session: findings()), findings(comparison(target=AtLeast(2))), 1.0
    )
    words = table.text({"one": part, "two": missed})
    assert "| ours | 600 | 3 | 800 |  |  |" in words
    assert "| eager | 600 | 6 | 800 | **1.40 (1.20–1.50)** | 0.50 |" in words
    assert "- left out: torch.compile: no compiler" in words
    assert "| two | float32 | ≥ 2 × the fastest peer | 1.40 | **no** |" in words
    assert "| 1,000 | 0.123 |" in words
    assert "| many | — |" in words
    assert "As measured." in words
    assert "- bfloat16 is left out" in words


def test_the_plot_has_a_row_for_each_peer(tmp_path):
    heights = []
    for count in (1, 6):
        path = tmp_path / f"{count}.png"
        found = [comparison(f"number {index}", target=AtLeast(1.3)) for index in range(count)]
        plot.draw(path, {"one": {"comparisons": found}})
        with Image.open(path) as picture:
            heights.append(picture.height)
    assert heights[1] > heights[0]


def test_no_ratios_no_plot(tmp_path):
    plot.draw(tmp_path / "ratios.png", {"growth": {"comparisons": []}})
    assert not (tmp_path / "ratios.png").exists()


def test_damaged_results_are_refused_and_kept(suites, tmp_path, capsys):
    path = tmp_path / "results.json"
    path.write_text("{half")
    assert script.run(["benchmarks", "one", f"--output_dir={tmp_path}"]) != 0
    assert path.read_text() == "{half"
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["celeba46"], "did you mean 'celeba64'?"),
        (["--rounds=none"], "--rounds: received 'none', expected a whole number"),
        (["--round=3"], "did you mean '--rounds'?"),
    ],
)
def test_a_wrong_command_line_is_a_sentence(words, said, capsys):
    assert script.run(["benchmarks", *words]) == 2
    found = capsys.readouterr()
    assert said in found.err
    assert "Traceback" not in found.err
    assert found.out == ""


def test_every_suite_is_listed(capsys):
    assert script.run(["benchmarks", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SUITES)
    assert all(SUITES[name].about in line for name, line in zip(SUITES, lines, strict=True))
