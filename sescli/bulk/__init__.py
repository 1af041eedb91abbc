"""Bulk sends: the batch file, its sources, the journal, the pace and the engine that drives them.

Nothing here knows of terminals or of boto3; clock, randomness and the sender come from outside.
"""
