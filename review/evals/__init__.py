"""Measuring what the platform claims about its own reviewing; every number can be made again by one command."""
