"""One step of the reviewer graph per module: results so far and the run context in, new results out."""
