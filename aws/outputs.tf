output "environment" {
  description = "Variables of the emulator, the bundle and docs/aws.md, for: eval \"$(terraform -chdir=aws output -raw environment)\""
  value       = <<-EOT
    export PINTEREST_API='${module.api.invoke_url}'
    export PINTEREST_API_KEY="$(aws apigateway get-api-key --region ${var.region} --api-key ${module.api.api_key_id} --include-value --query value --output text)"
    export PINTEREST_SIGN='${var.api_authorization == "AWS_IAM"}'
    export PINTEREST_USER_ID='${var.user_id}'
    export LANDING_ROLE_ARN='${module.databricks.landing_role_arn}' KINESIS_ROLE_ARN='${module.databricks.kinesis_role_arn}'
    export LANDING_CREDENTIAL='${var.name}_landing' KINESIS_CREDENTIAL='${var.name}_kinesis'
    export BUNDLE_VAR_landing_url='s3://${module.landing.bucket}'
    export BUNDLE_VAR_user_id='${var.user_id}'
    export BUNDLE_VAR_source_options='${jsonencode({ region = var.region, initialPosition = "earliest", serviceCredential = "${var.name}_kinesis" })}'
  EOT
}

output "invoke_url" {
  description = "Base URL of the API, with its stage."
  value       = module.api.invoke_url
}

output "api_caller_policy_arn" {
  description = "Policy for an identity that posts to an API with AWS_IAM."
  value       = module.api.caller_policy_arn
}

output "api_key_id" {
  description = "Id of the API key; aws apigateway get-api-key shows its value."
  value       = module.api.api_key_id
}

output "landing_bucket" {
  description = "Name of the landing bucket."
  value       = module.landing.bucket
}

output "volume_location" {
  description = "Storage location of the external volume: the bundle's landing_url."
  value       = "s3://${module.landing.bucket}"
}

output "topics" {
  description = "Kafka topics, in the order of the events."
  value       = local.topics
}

output "stream_names" {
  description = "Kinesis streams, in the order of the events."
  value       = [for event in local.events : local.streams[event]]
}

output "bootstrap_servers" {
  description = "Brokers of MSK, for clients that sign in by IAM."
  value       = module.msk.bootstrap_servers
}

output "kafka_client_id" {
  description = "The EC2 client, for: aws ssm start-session --target <id>"
  value       = module.kafka_client.instance_id
}

output "role_arns" {
  description = "Roles by their use. Databricks needs databricks_landing and databricks_kinesis."
  value = {
    api_kinesis        = module.api.kinesis_role_arn
    connector          = module.landing.role_arn
    databricks_kinesis = module.databricks.kinesis_role_arn
    databricks_landing = module.databricks.landing_role_arn
    kafka_client       = module.kafka_client.role_arn
    mwaa               = one(module.mwaa[*].role_arn)
  }
}

output "alarm_topic_arn" {
  description = "SNS topic of the alarms and the budget."
  value       = module.monitoring.topic_arn
}
