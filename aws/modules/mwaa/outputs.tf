output "role_arn" {
  description = "Role of the environment: the subject of Databricks' federation policy."
  value       = aws_iam_role.this.arn
}

output "webserver_url" {
  description = "Address of the pages, inside the VPC."
  value       = aws_mwaa_environment.this.webserver_url
}
