"""Review campaigns: strategies that pick records, and the rules that turn picks into requests for a person's look.

A strategy is one file in `strategies` and one line in `strategies.registry`.
"""
