"""Quality of labels: reports, comparisons, combinations, computed from sums that are kept."""
