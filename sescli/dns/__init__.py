"""DNS: identity names, the records that SES requires, checks of them, and the formats that publish them."""
