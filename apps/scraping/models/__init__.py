from apps.scraping.models.pages import FetchedPage, FetchTurn
from apps.scraping.models.records import ChangeProposal, DirectoryRecord, FieldOrigin, Sighting
from apps.scraping.models.runs import BulkDecision, ImportRun, RunFile, RunProblem
from apps.scraping.models.sources import FetchPermission, Source

__all__ = [
    "BulkDecision",
    "ChangeProposal",
    "DirectoryRecord",
    "FetchPermission",
    "FetchTurn",
    "FetchedPage",
    "FieldOrigin",
    "ImportRun",
    "RunFile",
    "RunProblem",
    "Sighting",
    "Source",
]
