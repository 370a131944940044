"""The channels by which alerts go out, one file each.

A channel is one class with ``name`` and ``send``; its file says by ``@channels`` which of them the
settings open (see ``registry``). The sender and `odds config test-alerts` then know it.
"""
