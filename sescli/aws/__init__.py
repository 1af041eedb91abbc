"""The ground floor: sessions, clients, paging, error translation. The only boto3 above the embedded SES."""
