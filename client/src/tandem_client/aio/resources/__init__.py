"""One module a resource of the API; each is small and says what it sends."""
