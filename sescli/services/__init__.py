"""Use cases: plain functions over the AWS gateway that return frozen dataclasses."""
