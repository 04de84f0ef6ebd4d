"""The twelve checks of an honest report, each a function from what is seen of the study (`View`) to a `Check`."""
