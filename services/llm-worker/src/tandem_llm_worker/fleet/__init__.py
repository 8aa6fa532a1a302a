"""Reports between workers, and the sharing of accounts by them."""
