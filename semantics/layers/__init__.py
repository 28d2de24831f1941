"""The layer declarations: one file a family, loaded by the registry."""
