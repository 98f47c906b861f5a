"""The only room that speaks HTTP: parse, call a feature, render."""
