"""The documents in MongoDB. Each collection is a package with `documents`, `reader` and `writer`.

Each collection has one writer, the service that owns it; `writer` modules are importable by that service alone
(import-linter checks it), readers are for all. Only this package imports the MongoDB driver.
"""
