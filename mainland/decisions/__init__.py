"""What a crawl decides about addresses: pure functions of evidence, without Scrapy, SQL or a clock."""
