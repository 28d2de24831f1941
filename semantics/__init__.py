"""What layers are: the intermediate representation, edits, declarations, rules, and the checker."""
