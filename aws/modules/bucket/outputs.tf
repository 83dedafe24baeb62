output "id" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.bucket

  # The first object must have a version.
  depends_on = [aws_s3_bucket_versioning.this]
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}
