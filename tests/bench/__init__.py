"""What the crawler costs beside others, measured on this machine: ``python -m tests.bench``."""
