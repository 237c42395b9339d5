"""Image and tag embeddings of every photo and hashtag."""
