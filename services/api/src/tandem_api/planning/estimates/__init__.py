"""What calls and jobs will take: tokens, price and time."""
