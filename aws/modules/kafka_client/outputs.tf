output "instance_id" {
  description = "The instance; connect with: aws ssm start-session --target <instance id>."
  value       = aws_instance.this.id
}

output "private_ip" {
  description = "Private address of the instance."
  value       = aws_instance.this.private_ip
}

output "security_group_id" {
  description = "Security group of the instance: MSK must admit it, and it must admit the proxy's clients."
  value       = aws_security_group.this.id
}

output "role_arn" {
  description = "Role of the instance."
  value       = aws_iam_role.this.arn
}
