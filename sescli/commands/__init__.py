"""The command line: one module a group; a command is options, help, one call of a service, and its result."""
