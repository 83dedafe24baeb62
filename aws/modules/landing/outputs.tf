output "bucket" {
  description = "Name of the landing bucket."
  value       = module.bucket.id
}

output "bucket_arn" {
  description = "ARN of the landing bucket."
  value       = module.bucket.arn
}

output "log_group" {
  description = "Name of the log group of the workers."
  value       = aws_cloudwatch_log_group.this.name
}

output "role_arn" {
  description = "Role of the connector."
  value       = aws_iam_role.connector.arn
}

output "security_group_id" {
  description = "Security group of the workers."
  value       = aws_security_group.connector.id
}
