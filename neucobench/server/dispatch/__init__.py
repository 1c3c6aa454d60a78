"""The dispatcher: takes jobs from the queue and has Dask workers score them."""
