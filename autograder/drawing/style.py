"""What the figures share: colours that survive printing and colour-blindness."""

YOURS, REFERENCE, ACCENT, GREY = "#0072b2", "#009e73", "#d55e00", "#888888"
