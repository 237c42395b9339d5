"""What is studied on request, beside the road from photos to results: whether the sample world is what it should be."""
