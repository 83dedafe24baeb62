"""The local S3: the landing bucket, kept in the state folder."""
