"""What HTTP needs in both web flavours: problem details, ETags, the table of hot routes."""
