from apps.scraping.models.records import ChangeProposal, DirectoryRecord, FieldOrigin, Sighting
from apps.scraping.models.runs import ImportRun, RunFile, RunProblem
from apps.scraping.models.sources import FetchPermission, Source

__all__ = [
    "ChangeProposal",
    "DirectoryRecord",
    "FetchPermission",
    "FieldOrigin",
    "ImportRun",
    "RunFile",
    "RunProblem",
    "Sighting",
    "Source",
]
