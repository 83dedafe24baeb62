"""What moves records from the API to the landing bucket, in every environment."""
