import numpy as np

from apps.matching.engine.icd import coverage
