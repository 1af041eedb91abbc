"""The ground floor: sessions, clients, paging, error translation. The only package beside the emulator that imports boto3."""
