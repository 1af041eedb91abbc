"""What SES does, one noun a file; `v1` and `v2` spell it as the two APIs do."""
