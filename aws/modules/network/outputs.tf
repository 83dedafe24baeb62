output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "Private subnets, one in each of two zones."
  value       = aws_subnet.private[*].id
}

output "s3_prefix_list_id" {
  description = "Addresses of S3 behind the gateway endpoint."
  value       = aws_vpc_endpoint.s3.prefix_list_id
}
