"""Two records of the same person or practice become one, and that can be taken back.

    kinds       what can be merged (therapists, practices, patients): fields to choose from, rules of the app
    relations   everything that points at a record, found by asking the models: a later foreign key counts too
    rules       what needs more than a new pointer (unique constraints), and what stands against a merge
    ledger      every row changed, removed or added, with its former values
    merge       the act and its preview (the same act, rolled back);  undo  takes it back, or says why not
    suggestions pairs that may be the same: found, dismissed for good, merged
    likeness    names compared; pure
    story       merges in a person's story
    pages       what the pages of the apps share

docs/duplicates.md tells coordinators how to work with it.
"""
