"""Jobs: thin wrappers that bind names in the queue to use cases, and the worker process that runs them."""
