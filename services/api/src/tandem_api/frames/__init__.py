"""Data frames: Arrow tables in and out, with the types that they came with.

A record is stored as plain values (texts, numbers, truth values), which prompts, filters and JSON exports read. Beside
its records a data set keeps the Arrow schema of its columns, so that a frame can be made of them again.
"""
