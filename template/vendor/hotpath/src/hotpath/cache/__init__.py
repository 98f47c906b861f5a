"""The part of the cache that async and sync code share: keys, codecs, entries, what stores hold."""
