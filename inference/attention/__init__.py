"""How queries read the paged keys and values: a reference for every device, and kernels that must agree with it."""
