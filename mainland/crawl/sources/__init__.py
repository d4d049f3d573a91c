"""What a site says of its articles for a handful of requests: feed, REST, sitemaps."""
