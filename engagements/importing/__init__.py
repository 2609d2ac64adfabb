"""Reading spreadsheets of real engagements into working records.

A row is imported, or refused with its line and a reason a person can act on: never dropped,
never guessed. What a row means is decided by pure functions (`dates`, `places`, `bodies`,
`wording` and one module per family of `datasets`); `reading` opens the file, `write` stores
whole records, `run` puts them together and counts.
"""
