"""Writing files for imports and reading their reports."""

import csv
import io

from apps.core.imports.report import Report


def file_of(*people: dict[str, str]) -> str:
    """CSV with every heading that occurs."""
    header = list(dict.fromkeys(heading for person in people for heading in person))
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, header, restval="")
    writer.writeheader()
    writer.writerows(people)
    return file.getvalue()


def counts(report: Report) -> tuple[int, int, int, int]:
    """New, changed, unchanged, rejected."""
    return report.new, report.changed, report.unchanged, report.rejected


def reasons(report: Report) -> list[tuple[int, str]]:
    return [(one.row.line, str(problem)) for one in report.rejections for problem in one.problems]
