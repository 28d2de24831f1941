"""Renderings of a result: text for people, concise lines, JSON, SARIF and GitHub annotations."""
