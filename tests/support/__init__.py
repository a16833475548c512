"""What the tests share: no test itself, and nothing of the package."""
