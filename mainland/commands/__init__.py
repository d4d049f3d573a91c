"""The commands that this project adds to ``scrapy``, a module each.

The ``long_desc`` of each, which ``scrapy COMMAND --help`` prints, says what it writes and its exit statuses.
"""
