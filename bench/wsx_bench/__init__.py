"""The end-to-end benchmark: runs clients against the benchmark's server, and reports."""
