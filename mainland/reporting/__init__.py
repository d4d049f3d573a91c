"""What people read: exports, the report, the status."""
