"""The sources that list articles in a few requests: feed, REST, sitemaps."""
