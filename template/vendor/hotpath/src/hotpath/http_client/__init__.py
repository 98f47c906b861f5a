"""What the client for other services is made of, but for sending: errors, breaker, retry budget."""
