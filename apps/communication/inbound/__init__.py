"""Understanding what comes in: pure functions of bytes and text, no database.

`parsing` takes a message apart, `decoding` guesses what its bytes mean, `recognising` tells letters of people
from machines, `reports` reads what came back, `quoting` folds what we wrote ourselves, `dates` and `answers`
read what a therapist says. `matters` is where an app above tells what a message is about.
"""
