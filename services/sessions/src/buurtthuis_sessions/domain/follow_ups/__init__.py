"""Follow-up votes: the people in the room decide what comes next, by phone and on cards, in one tally.

What is marked is kept as counts only, and who voted apart from it, only while the vote is open: the counts sealed, and
who voted by ids that lead back to nobody (`buurtthuis.domain.ballots`). Nothing tells who marked what.
"""
