"""A round of contacts: which searches to ask of which therapists.

Goal: the expected number of searches with at least one acceptance, each weighted by how long it has waited
(1 to 2). One more request to a therapist who accepts with chance p adds weight x p x (chance that all
others of that search, open ones included, fail), so every further request of the same search is worth less.
Limits: most and least requests per inquiry, one therapist per contact group, most open requests per search.

Promise: nobody starves. The first request of a search without open requests counts a bonus that grows with
the weeks it has not been asked. From the fourth week on (OVERDUE_WEEKS) it outweighs everything else: as
many overdue searches are asked as can be at all, longest unasked first. Their places are bought where they
cost least.

Steps, all deterministic and on columns:

1. filling: the request that gains most, again and again. Inquiries below the least size grow or vanish.
2. chains: a search takes a place, whoever had it moves on, and so forth; whatever gains is kept. Short
   chains first, then longer ones, the longest only while somebody overdue is left.
3. contacts: another therapist of a shared mailbox, inquiries opened or closed; then 2 again while it pays.
   Small rounds try each of these with all chains that follow.

A fall-back is not needed: the draft keeps every limit between any two trials, so if the work allowed
(MOST_WORK, counted in steps, never in seconds) runs out, the greedy plan with the gains so far stands.

Tried on made-up weeks of 40,000 therapists and 10,000 searches (benchmarks/planning.py), goal reached as a
share of a proven upper bound; tight: a fifth of the therapists may be contacted, loose: all of them:

- a first place for everybody, then greedy (as it was before): tight 0.977, loose 0.9916
- greedy alone: tight 0.9924, loose 0.9917; leaves 410 searches unasked in the tight week
- chains of at most 2 steps: tight 0.9988, loose 0.9998; of at most 9 at once: as good, but three times the
  work
- short, then long chains: tight 0.9989, loose 0.9999; 244 unasked. This is what is used, with the promise
  on top: tight 0.9979, 16 unasked, none of them overdue. Forcing every first request, overdue or not:
  0.9977
- exact min-cost flow of the linear goal: tight 0.965, loose 0.9975: its last requests of a search hardly
  help
"""

from apps.matching.engine.planning.planner import plan
from apps.matching.engine.planning.shapes import Edges, Plan, PlannedLine, PlanReason, UnplannedReason

__all__ = ["Edges", "Plan", "PlanReason", "PlannedLine", "UnplannedReason", "plan"]
