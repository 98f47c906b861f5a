"""What every HTTP server needs: signals, and a parser's shortcut for repeated request heads."""
