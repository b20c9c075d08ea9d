from apps.matching.models.acceptance import AcceptanceFit
from apps.matching.models.evidence import EvidenceHistory, EvidenceRule, RefusalEvidence
from apps.matching.models.identity import IdentityLink
from apps.matching.models.inquiry import Inquiry, InquiryContact, InquiryHistory, ReplySubmission
from apps.matching.models.match_run import MatchRun, MatchShard
from apps.matching.models.request import PlacementRequest, RequestHistory, TrialSession
from apps.matching.models.round import Round, RoundHistory
from apps.matching.models.search import PlacementSearch, SearchHistory, TherapistExclusion
from apps.matching.models.simulation import SimulationHistory, SimulationRun

__all__ = [
    "AcceptanceFit",
    "EvidenceHistory",
    "EvidenceRule",
    "IdentityLink",
    "Inquiry",
    "InquiryContact",
    "InquiryHistory",
    "MatchRun",
    "MatchShard",
    "PlacementRequest",
    "PlacementSearch",
    "RefusalEvidence",
    "ReplySubmission",
    "RequestHistory",
    "Round",
    "RoundHistory",
    "SearchHistory",
    "SimulationHistory",
    "SimulationRun",
    "TherapistExclusion",
    "TrialSession",
]
