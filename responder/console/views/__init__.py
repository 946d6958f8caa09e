"""One module a noun; each has a blueprint named `pages`."""
