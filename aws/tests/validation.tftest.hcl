# Values that must be refused before anything is created.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  proxy_archive    = "tests/mocks/aws.tfmock.hcl"
  connector_plugin = "tests/mocks/aws.tfmock.hcl"
}

run "values_of_a_wrong_form" {
  command = plan

  variables {
    name                    = "Pinterest"
    region                  = "cn-north-1-a"
    user_id                 = "a/b"
    log_retention_days      = 2
    vpc_cidr                = "10.20.0.0/24"
    interface_endpoints     = ["sts"]
    msk_type                = "express"
    msk_provisioned         = { brokers_per_zone = 1 }
    proxy_archive           = "missing.zip"
    landing_bucket          = "My_Bucket"
    connector_plugin        = "missing.zip"
    connector_class         = "org.example.Sink"
    connector               = { mcu = 3 }
    api_stage               = "a/b"
    api_throttle            = { rate = 0 }
    kinesis                 = { mode = "SHARDED" }
    databricks_principal    = "*"
    databricks_external_ids = { landing = "" }
    airflow_version         = "2.11"
    mwaa_environment_class  = "small"
    alarm_email             = "team"
    budget_usd              = 0
    partitions              = 0
    alarm_thresholds        = { api_errors = 0 }
  }

  expect_failures = [
    var.name,
    var.region,
    var.user_id,
    var.log_retention_days,
    var.vpc_cidr,
    var.interface_endpoints,
    var.msk_type,
    var.msk_provisioned,
    var.proxy_archive,
    var.landing_bucket,
    var.connector_plugin,
    var.connector_class,
    var.connector,
    var.api_stage,
    var.api_throttle,
    var.kinesis,
    var.databricks_principal,
    var.databricks_external_ids,
    var.airflow_version,
    var.mwaa_environment_class,
    var.alarm_email,
    var.budget_usd,
    var.partitions,
    var.alarm_thresholds,
  ]
}

run "numbers_out_of_range" {
  command = plan

  variables {
    user_id             = "_demo"
    vpc_cidr            = "not a block"
    msk_provisioned     = { volume_gib = 0 }
    connector           = { tasks = 0 }
    api_throttle        = { burst = 5001 }
    kinesis             = { shards = 1.5 }
    interface_endpoints = ["ssm"]

    databricks_connection = { host = "https://dbc.cloud.databricks.com", client_id = "a" }
  }

  expect_failures = [
    var.user_id,
    var.vpc_cidr,
    var.msk_provisioned,
    var.connector,
    var.api_throttle,
    var.kinesis,
    var.interface_endpoints,
    var.databricks_connection,
  ]
}

run "values_that_do_not_exist_or_do_not_fit" {
  command = plan

  variables {
    kinesis = { retention_hours = 8761 }
    user_id = join("", [for i in range(114) : "a"])

    airflow_version       = "3.2.1"
    databricks_connection = { host = "dbc.cloud.databricks.com", client_id = "a" }
  }

  expect_failures = [var.kinesis, var.user_id, var.databricks_connection]
}
