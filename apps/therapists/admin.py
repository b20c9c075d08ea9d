"""The machine room's view of therapists. Saving goes through the services; states have their own pages."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.enums import Language
from apps.therapists.models import (
    Approval,
    ContactGroup,
    ContactPause,
    Practice,
    Therapist,
    TherapistHistory,
    WeeklyHours,
    Workplace,
)
from apps.therapists.services import contact_groups, records
