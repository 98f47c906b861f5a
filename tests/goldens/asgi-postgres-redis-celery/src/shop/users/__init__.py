"""Users. Replace this feature by your own."""
