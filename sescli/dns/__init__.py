"""DNS: the names of identities, the records that SES wants, and the file formats that publish them."""
