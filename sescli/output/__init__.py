"""The face: results become tables, JSON, YAML or CSV; progress and errors go to standard error."""
