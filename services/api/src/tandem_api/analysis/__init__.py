"""How good labels are: reports, comparisons, combinations, over sums that are kept."""
