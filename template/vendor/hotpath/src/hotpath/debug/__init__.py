"""What `/debug` shows of a process: figures of the last minute, of its memory, and their page."""
