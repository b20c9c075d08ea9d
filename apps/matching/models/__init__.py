from apps.matching.models.inquiry import Inquiry, InquiryContact, InquiryHistory
from apps.matching.models.request import PlacementRequest, RequestHistory, TrialSession
from apps.matching.models.round import Round, RoundHistory
from apps.matching.models.search import PlacementSearch, SearchHistory, TherapistExclusion

__all__ = [
    "Inquiry",
    "InquiryContact",
    "InquiryHistory",
    "PlacementRequest",
    "PlacementSearch",
    "RequestHistory",
    "Round",
    "RoundHistory",
    "SearchHistory",
    "TherapistExclusion",
    "TrialSession",
]
