"""Golden files of the formats beside the usual ones (see test_golden)."""

FORMATS = [
    ("unstructured/fake-doc.rtf", "naive"),
    ("unstructured/fake.odt", "naive"),
    ("unstructured/simple.odt", "naive"),
    ("unstructured/language-docs/eng_spa_mult.epub", "naive"),
    ("unstructured/fake-doc-emphasized-text.doc", "naive"),
    ("unstructured/simple.doc", "book"),
    ("unstructured/fake-power-point.ppt", "presentation"),
    ("unstructured/stanley-cups-with-emoji.tsv", "naive"),
    ("unstructured/stanley-cups.tsv", "table"),
    ("unstructured/fake-email-attachment.msg", "email"),
    ("unstructured/fake-email-with-cc-and-bcc.msg", "email"),
    ("unstructured/eml/fake-email-attachment.eml", "email"),
    ("unstructured/eml/mime-different-plain-html.eml", "email"),
]
