"""The embedded SES: an SES on this machine, in a process of its own, that any AWS program can use.

`process` starts, finds and stops it; `client` reads its inbox and steers it. Both are plain HTTP and import
neither moto nor botocore. The server's own rooms: `server` (its main), `router` (who answers which request),
`wire` (the two protocols of SES, read from botocore's models), `ses` (the operations, one noun a file) and
`store` (SQLite). SES is answered by `ses` alone, v1 and v2 on one state; S3, SNS, SQS, IAM, CloudWatch and
the rest come from moto, in the same process, imported when first asked for.
"""
