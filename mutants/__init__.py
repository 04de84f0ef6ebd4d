"""`make mutants`: changes what decides in the code, a place at a time, and tells which changes no test noticed."""
