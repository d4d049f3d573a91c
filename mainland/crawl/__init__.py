"""What a crawl does between Scrapy and the data folder."""
