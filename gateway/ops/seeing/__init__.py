"""X12 as a person reads it: the words (`codes`, `segments`), what may be shown (`privacy`), the walk (`describe`), the page (`page`)."""
