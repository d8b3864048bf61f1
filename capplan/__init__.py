"""capplan."""
