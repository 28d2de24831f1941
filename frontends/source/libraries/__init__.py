"""Models of the libraries that make a program's data: what shape their results have."""
