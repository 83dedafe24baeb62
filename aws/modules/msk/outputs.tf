output "arn" {
  description = "ARN of the cluster."
  value       = one(concat(aws_msk_serverless_cluster.this[*].arn, aws_msk_cluster.this[*].arn))
}

output "bootstrap_servers" {
  description = "Brokers, for clients that sign in by IAM."
  value = one(concat(
    aws_msk_serverless_cluster.this[*].bootstrap_brokers_sasl_iam,
    aws_msk_cluster.this[*].bootstrap_brokers_sasl_iam,
  ))
}

output "brokers" {
  description = "Number of brokers with disks; 0 for a serverless cluster."
  value       = local.brokers
}

output "security_group_id" {
  description = "Security group of the brokers."
  value       = aws_security_group.this.id
}

output "replication_factor" {
  description = "Copies of each record."
  value       = local.replication_factor
}
