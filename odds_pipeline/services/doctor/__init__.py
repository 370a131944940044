"""What `odds doctor` looks at, one subject a file.

Belongs here: looking (``look``), the checks, and the list of them (``registry``). Does not belong
here: printing (``cli.doctor``). A check is a small function of what was seen; it does no I/O, so
a new check is a new function in its subject's ``CHECKS``.
"""
