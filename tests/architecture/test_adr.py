"""Decisions are counted: each has a number of its own, its title says it, and whoever points at one finds it."""

import re

from tests.architecture.source import ROOT

DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "adr").glob("*.md"))
POINTER = re.compile(r"\[ADR (\d+)\]\(adr/((\d{4})-[\w-]+\.md)\)")


def test_decisions_are_numbered_without_gap_and_each_title_says_its_number() -> None:
    assert [int(file.name[:4]) for file in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    titles = {file.name: file.read_text(encoding="utf-8").split()[1] for file in DECISIONS}
    assert {name: title for name, title in titles.items() if title != f"{int(name[:4])}."} == {}


def test_whoever_points_at_a_decision_finds_it_by_its_number() -> None:
    pointers = [
        found for file in DOCS.glob("*.md") for found in POINTER.findall(file.read_text(encoding="utf-8"))
    ]
    assert pointers
    there = {file.name for file in DECISIONS}
    assert [
        (said, name) for said, name, number in pointers if name not in there or int(said) != int(number)
    ] == []
