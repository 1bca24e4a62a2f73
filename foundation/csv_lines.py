"""Rows as the lines of a CSV file, made one at a time, which no spreadsheet runs."""

from collections.abc import Iterable, Iterator

from defusedcsv import csv


class _Echo:
    """What a CSV writer writes to: it gives each line back, to be sent."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Each row as a line. Numbers stay as they are; from text goes what a spreadsheet would read as a formula."""
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow([cell.lstrip("\t\r\n ") if isinstance(cell, str) else cell for cell in row])
