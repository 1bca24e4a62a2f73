"""Files have one reason to change, and functions fit a screen."""

import statistics

import pytest

from tests.architecture.source import ROOT, Function, Source, own_files, product

LINES_OF_A_FILE_MAX = 300
LINES_OF_A_FUNCTION_MAX = 50
LINES_OF_NINE_FUNCTIONS_IN_TEN_MAX = 25
GENERATED = ("migrations", "djstripe_migrations")


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_no_file_is_longer_than_its_bound() -> None:
    sources = [path for path in own_files() if path.suffix == ".py" or path.name == "dev"]
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in sources
        if not any(part in GENERATED for part in path.parts)
    }
    assert len(lines) > len(product())
    assert {name: count for name, count in lines.items() if count > LINES_OF_A_FILE_MAX} == {}


@pytest.mark.parametrize("source", product(), ids=lambda source: source.name)
def test_functions_fit_a_screen(source: Source) -> None:
    long = {function.name: length(function) for function in source.functions()}
    assert {name: lines for name, lines in long.items() if lines > LINES_OF_A_FUNCTION_MAX} == {}


def test_nine_functions_in_ten_are_short() -> None:
    lengths = [length(function) for source in product() for function in source.functions()]
    assert statistics.quantiles(lengths, n=10)[-1] < LINES_OF_NINE_FUNCTIONS_IN_TEN_MAX
