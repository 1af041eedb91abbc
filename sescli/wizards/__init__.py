"""Conversations: each asks for what the options have not said, and gives what the options would give."""
