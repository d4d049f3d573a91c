"""Pure cleaning of text, addresses, dates and names: no Scrapy, no clock."""
