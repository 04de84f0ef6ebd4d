"""The participant's rights: to comment, to have mistakes corrected, to say no, and to decide what employers may know."""
