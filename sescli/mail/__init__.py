"""Email messages: addresses, headers, tags, attachments and bodies, checked before they are sent."""
