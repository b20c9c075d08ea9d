from apps.matching.models.acceptance import AcceptanceFit
from apps.matching.models.inquiry import Inquiry, InquiryContact, InquiryHistory
from apps.matching.models.match_run import MatchRun, MatchShard
from apps.matching.models.request import PlacementRequest, RequestHistory, TrialSession
from apps.matching.models.round import Round, RoundHistory
from apps.matching.models.search import PlacementSearch, SearchHistory, TherapistExclusion
from apps.matching.models.simulation import SimulationHistory, SimulationRun

__all__ = [
    "AcceptanceFit",
    "Inquiry",
    "InquiryContact",
    "InquiryHistory",
    "MatchRun",
    "MatchShard",
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
