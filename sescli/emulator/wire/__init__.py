"""The two protocols of SES (v1 Query, v2 REST-JSON), both driven by botocore's service models."""
