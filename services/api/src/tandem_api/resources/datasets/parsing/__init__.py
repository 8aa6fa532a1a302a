"""Reading files of records as they stream in, strictly: a fault is told with its row, line, column and cure."""
