"""SMTP credentials and the conversation that tests them. Knows no AWS API."""
