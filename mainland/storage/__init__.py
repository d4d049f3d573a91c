"""The data folder: the dataset, its index, the page archive."""
