"""Questions to the user: an interface, questionary on a terminal, a refusal anywhere else, a script in tests."""
