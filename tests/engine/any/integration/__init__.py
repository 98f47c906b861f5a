"""Tests over HTTP and commands, on real servers."""
