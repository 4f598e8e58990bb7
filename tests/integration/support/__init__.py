"""What integration tests share: the real server as a process, a plain HTTP client, and the counting of results."""
