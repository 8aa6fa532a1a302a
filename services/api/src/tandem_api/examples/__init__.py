"""Examples drawn for a record from what people verified."""
