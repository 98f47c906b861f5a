"""Work that outlives a request, behind one `Queue`."""
