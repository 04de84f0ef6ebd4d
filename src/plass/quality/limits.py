"""Below which numbers a figure is hidden, and of how many years there are figures. No Django here."""

#: In figures for leaders, counts of people below this, and above nought, are hidden (``suppression``).
SMALLEST = 5
#: Means and medians of fewer people than this are hidden.
SMALLEST_MEDIAN = 10
#: This year's figures and those of how many before it.
YEARS_OF_FIGURES = 6
