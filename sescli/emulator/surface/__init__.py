"""Who may reach which part of the emulator's port: request targets, web pages, the token, and the AWS services."""
