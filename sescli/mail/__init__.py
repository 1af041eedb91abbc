"""What a mail is made of, checked before it leaves: addresses, headers, tags, attachments, bodies."""
