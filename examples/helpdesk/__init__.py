"""The practice help desk: an HTTP service of the fictional company Northwind Harbour, its articles and its tasks."""
