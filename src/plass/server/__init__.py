"""The web server: workers, the account they run as, and stopping."""
