"""Refusal evidence (§ 13 (3) SGB V): what was tried for a patient, told so that every line can be proven.

`contacts` and `answers` read the rows, `rows` puts them together, `summary` counts, `content` is the
document as plain data; `pdf` and `sheet` only draw what stands there. Everything said in the document is
German and stands in `wording`, whatever the language of the screen.
"""
