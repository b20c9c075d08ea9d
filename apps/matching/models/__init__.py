from apps.matching.models.acceptance import AcceptanceFit
from apps.matching.models.inquiry import Inquiry, InquiryContact, InquiryHistory
from apps.matching.models.request import PlacementRequest, RequestHistory, TrialSession
from apps.matching.models.round import Round, RoundHistory
from apps.matching.models.search import PlacementSearch, SearchHistory, TherapistExclusion
from apps.matching.models.simulation import SimulationHistory, SimulationRun

__all__ = [
    "AcceptanceFit",
    "Inquiry",
    "InquiryContact",
    "InquiryHistory",
    "PlacementRequest",
    "PlacementSearch",
    "RequestHistory",
    "Round",
    "RoundHistory",
    "SearchHistory",
    "SimulationHistory",
    "SimulationRun",
    "TherapistExclusion",
    "TrialSession",
]
