"""The behavior of SES, one resource per file. `v1` and `v2` are the operations of the two APIs.

`sending`, `identities`, `templates`, `config_sets`, `lists` (contacts, suppression), `receiving`, `events` and `account`
do the work on one state. The modules here are shared by all of them.
"""
