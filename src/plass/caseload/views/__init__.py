"""The pages: Min dag, the case, the list with its search and file, the team and what is done from there."""
