"""From the HTML of a page to an article or a list."""
