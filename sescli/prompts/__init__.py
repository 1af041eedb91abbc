"""Prompts: an interface, questionary on a terminal, an error elsewhere, scripted answers in tests."""
