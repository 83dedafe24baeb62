data "aws_caller_identity" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  events     = ["pin", "geo", "user"]
  topics     = [for event in local.events : "${var.user_id}.${event}"]
  streams    = { for event in local.events : event => "streaming-${var.user_id}-${event}" }
  tags       = merge(var.tags, { project = var.name, user_id = var.user_id })

  cluster_name   = "${var.name}-kafka"
  proxy_port     = 8082
  connector_name = "landing-${var.user_id}"
  landing_bucket = coalesce(var.landing_bucket, "${var.name}-landing-${local.account_id}")
}

module "network" {
  source = "./modules/network"

  name                = var.name
  region              = var.region
  vpc_cidr            = var.vpc_cidr
  nat_gateway         = var.nat_gateway || var.mwaa_enabled
  interface_endpoints = var.interface_endpoints
}

# Stores the plugin, the archive of the REST proxy and the DAG for AWS.
module "artifacts" {
  source = "./modules/bucket"

  bucket             = "${var.name}-artifacts-${local.account_id}"
  force_destroy      = var.force_destroy
  old_versions_days  = 30
  transition_ia_days = null
}

module "msk" {
  source = "./modules/msk"

  name               = local.cluster_name
  type               = var.msk_type
  provisioned        = var.msk_provisioned
  vpc_id             = module.network.vpc_id
  subnet_ids         = module.network.private_subnet_ids
  log_retention_days = var.log_retention_days

  client_security_group_ids = {
    client    = module.kafka_client.security_group_id
    connector = module.landing.security_group_id
  }
}

# Another archive gets another key, and replaces the instance that installed the old one.
resource "aws_s3_object" "proxy" {
  bucket = module.artifacts.id
  key    = "kafka-rest/${filemd5(var.proxy_archive)}.zip"
  source = var.proxy_archive
}

# The proxy admits only requests with this secret; the API sends it.
resource "aws_ssm_parameter" "proxy_secret" {
  #checkov:skip=CKV_AWS_337:A customer-managed key would only add costs; only the client's role reads it.
  name  = "/${var.name}/proxy-secret"
  type  = "SecureString"
  value = uuid()

  lifecycle {
    ignore_changes = [value]
  }
}

module "kafka_client" {
  source = "./modules/kafka_client"

  name                = var.name
  vpc_id              = module.network.vpc_id
  subnet_id           = module.network.private_subnet_ids[0]
  bootstrap_servers   = module.msk.bootstrap_servers
  cluster_arn         = module.msk.arn
  region              = var.region
  user_id             = var.user_id
  instance_type       = var.instance_type
  key_name            = var.key_name
  proxy_port          = local.proxy_port
  proxy_source        = "s3://${aws_s3_object.proxy.bucket}/${aws_s3_object.proxy.key}"
  artifact_bucket_arn = module.artifacts.arn
  partitions          = var.partitions
  tags                = local.tags

  shared_secret = { name = aws_ssm_parameter.proxy_secret.name, arn = aws_ssm_parameter.proxy_secret.arn }
}

module "landing" {
  source = "./modules/landing"

  name               = var.name
  region             = var.region
  account_id         = local.account_id
  user_id            = var.user_id
  bucket             = local.landing_bucket
  force_destroy      = var.force_destroy
  log_retention_days = var.log_retention_days

  vpc_id             = module.network.vpc_id
  vpc_cidr           = var.vpc_cidr
  subnet_ids         = module.network.private_subnet_ids
  s3_prefix_list_id  = module.network.s3_prefix_list_id
  cluster_name       = local.cluster_name
  bootstrap_servers  = module.msk.bootstrap_servers
  broker_group_id    = module.msk.security_group_id
  replication_factor = module.msk.replication_factor

  artifacts       = { id = module.artifacts.id, arn = module.artifacts.arn }
  connector_name  = local.connector_name
  connector_class = var.connector_class
  plugin          = var.connector_plugin
  size            = var.connector
}

module "kinesis" {
  source = "./modules/kinesis"

  streams         = local.streams
  mode            = var.kinesis.mode
  shards          = var.kinesis.shards
  retention_hours = var.kinesis.retention_hours
}

module "api" {
  source = "./modules/api"

  name               = var.name
  region             = var.region
  account_id         = local.account_id
  user_id            = var.user_id
  stage              = var.api_stage
  authorization      = var.api_authorization
  throttle           = var.api_throttle
  manage_logging     = var.manage_api_logging
  log_retention_days = var.log_retention_days

  vpc_id       = module.network.vpc_id
  subnet_ids   = module.network.private_subnet_ids
  proxy_secret = aws_ssm_parameter.proxy_secret.value

  proxy = {
    instance_id       = module.kafka_client.instance_id
    security_group_id = module.kafka_client.security_group_id
    port              = local.proxy_port
  }
}

module "databricks" {
  source = "./modules/databricks"

  name               = var.name
  region             = var.region
  account_id         = local.account_id
  user_id            = var.user_id
  principal          = var.databricks_principal
  external_ids       = var.databricks_external_ids
  landing_bucket_arn = module.landing.bucket_arn
}

module "mwaa" {
  source = "./modules/mwaa"
  count  = var.mwaa_enabled ? 1 : 0

  name              = var.name
  region            = var.region
  account_id        = local.account_id
  airflow_version   = var.airflow_version
  environment_class = var.mwaa_environment_class
  job_name          = var.databricks_job_name
  connection        = var.databricks_connection

  vpc_id     = module.network.vpc_id
  subnet_ids = module.network.private_subnet_ids
  artifacts  = { id = module.artifacts.id, arn = module.artifacts.arn }
}

module "monitoring" {
  source = "./modules/monitoring"

  name                = var.name
  account_id          = local.account_id
  email               = var.alarm_email
  budget_usd          = var.budget_usd
  thresholds          = var.alarm_thresholds
  cluster_name        = local.cluster_name
  connector_name      = local.connector_name
  connector_log_group = module.landing.log_group
  brokers             = module.msk.brokers
  topics              = local.topics
  streams             = values(local.streams)
  api                 = { name = module.api.name, stage = var.api_stage }
  load_balancer       = module.api.load_balancer
}
