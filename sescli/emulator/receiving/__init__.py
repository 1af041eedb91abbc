"""Receiving (docs/ses-behavior.md#receipt-actions, #receiving-refusals): a mail that comes in walks the
active receipt rule set, and the actions run.

`arrival` is the mail, `gate` what SES refuses at the door, `walk` the way through the rules, `actions` and
`bounce` what a rule does, `notifications` the JSON that topics and functions get.
"""
