output "landing_role_arn" {
  description = "Role of the storage credential, which reads the landing bucket."
  value       = aws_iam_role.this["landing"].arn
}

output "kinesis_role_arn" {
  description = "Role of the service credential, which reads the streams."
  value       = aws_iam_role.this["kinesis"].arn
}
