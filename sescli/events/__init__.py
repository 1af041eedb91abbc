"""SES's event records: read from whatever carries them, one after the other, in flat memory."""
