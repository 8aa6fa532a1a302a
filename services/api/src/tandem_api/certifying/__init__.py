"""Certificates over the running system: freezing labels, following the reads, writing the export and the document."""
