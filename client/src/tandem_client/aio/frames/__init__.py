"""Data frames in and out. pyarrow, pandas, polars and datasets are imported when they are used."""
