"""The local SES emulator: a server process on this machine that any AWS program can use instead of SES.

`process` starts, finds and stops the server. `client` reads its inbox and changes its settings. Both use plain HTTP
and import neither moto nor botocore.

Inside the server: `server` (entry point), `http_server` and `router` (which code answers a request), `wire` (the two
protocols of SES, driven by botocore's models), `ses` (the operations, one resource per file), `receiving` (receipt
rules), `dispatch` (event delivery) and `store` (SQLite). Only `ses` answers SES requests; v1 and v2 share one state.
moto answers S3, SNS, SQS, IAM, CloudWatch and the other services in the same process. It is imported on the first
request for one of them.
"""
