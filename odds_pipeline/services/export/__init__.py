"""Taking data out: rows to Parquet or CSV with a data dictionary, raw documents to a folder.

Belongs here: the files (``csv_file``, ``parquet_file``, ``raw_folder``), what their columns are
(``columns``) and that only whole ones appear (``whole``). Does not belong here: queries
(``storage.exports``), the command line.
"""
