"""Receiving: an incoming message goes through the active receipt rule set, and the actions of the rules run.

`incoming_message` is the message, `acceptance` decides what SES refuses, `rule_runner` runs the rules, `actions` and
`bounce` implement the actions, and `notifications` is the JSON for topics and functions
(docs/ses-behavior.md#receipt-actions, #receiving-refusals).
"""
