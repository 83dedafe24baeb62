output "invoke_url" {
  description = "Base URL of the API, with its stage."
  value       = aws_api_gateway_stage.this.invoke_url
}

output "name" {
  description = "Name of the API."
  value       = aws_api_gateway_rest_api.this.name
}

output "api_key_id" {
  description = "Id of the API key."
  value       = aws_api_gateway_api_key.this.id
}

output "kinesis_role_arn" {
  description = "Role with which the API calls Kinesis."
  value       = aws_iam_role.kinesis.arn
}

output "load_balancer" {
  description = "Names of the load balancer and its targets in CloudWatch."
  value = {
    load_balancer = aws_lb.this.arn_suffix
    targets       = aws_lb_target_group.this.arn_suffix
  }
}

output "caller_policy_arn" {
  description = "Policy of clients that sign their requests."
  value       = aws_iam_policy.caller.arn
}
