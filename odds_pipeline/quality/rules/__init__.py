"""One validation rule a file; importing the package registers them all."""
